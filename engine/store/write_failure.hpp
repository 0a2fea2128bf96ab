// What a failed write says.
#pragma once

#include <string>

namespace shardmill {

// The system's words for an errno, and what to do when there is no room: "No space left on device;
// free space or choose another folder, then run the same command again".
[[nodiscard]] std::string write_failure(int error);

}  // namespace shardmill
