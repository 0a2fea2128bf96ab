// What this process really uses, as the kernel counts it.
#pragma once

#include "cluster/types.hpp"

namespace shardmill {

// Resident memory of this process: the most so far (VmHWM) and now (VmRSS), to 4 KiB.
// Shared windows count in every process that touched them. Throws ResourceError without /proc.
[[nodiscard]] Bytes peak_memory();
[[nodiscard]] Bytes resident_memory();

}  // namespace shardmill
