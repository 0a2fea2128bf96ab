// What this process really uses, as the kernel counts it.
#pragma once

#include "cluster/types.hpp"

namespace shardmill {

// Resident memory of this process: the most so far (VmHWM) and now (VmRSS), to 4 KiB.
// Shared windows count in every process that touched them. Throws ResourceError without /proc.
[[nodiscard]] Bytes peak_memory();
[[nodiscard]] Bytes resident_memory();

// Gives what was freed back to the system, so that a stage's memory does not come on top of what
// earlier ones have freed. Any thread may call it. Nothing where the allocator is not glibc's.
void return_freed_memory();
// From here on large allocations (documents and sets of some MiB) go back as soon as they are
// freed; by default glibc stops doing so after the first. For the start of a process.
void return_large_allocations();

}  // namespace shardmill
