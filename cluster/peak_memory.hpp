// What this process really uses, as the kernel counts it.
#pragma once

#include "cluster/types.hpp"

namespace shardmill {

// Resident memory of this process: the most so far (VmHWM) and now (VmRSS), to 4 KiB.
// Shared windows count in every process that touched them. Throws ResourceError without /proc.
[[nodiscard]] Bytes peak_memory();
[[nodiscard]] Bytes resident_memory();

// Gives what was freed back to the system, where the allocator can (glibc). By itself it keeps much
// of it, so that a stage's memory would come on top of what the stages before it have freed.
void return_freed_memory();
// From here on large allocations (documents and sets of some MiB) go back as soon as they are
// freed; by default glibc stops doing so after the first. For the start of a process.
void return_large_allocations();

}  // namespace shardmill
