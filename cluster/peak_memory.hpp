// What this process really uses, as the kernel counts it.
#pragma once

#include "cluster/types.hpp"

namespace shardmill {

// Resident memory of this process: the most so far (VmHWM) and now (VmRSS), to 4 KiB.
// Shared windows count in every process that touched them. Throws ResourceError without /proc.
[[nodiscard]] Bytes peak_memory();
[[nodiscard]] Bytes resident_memory();

// From here on large allocations (documents and sets of some MiB) go back to the system as soon as
// they are freed. By default glibc stops doing so after the first, and what one stage has freed
// comes on top of what the next one leases. For the start of a process.
void return_large_allocations();

}  // namespace shardmill
