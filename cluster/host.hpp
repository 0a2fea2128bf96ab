// The name of this machine, for messages.
#pragma once

#include <string>

namespace shardmill {

[[nodiscard]] std::string host_name();

}  // namespace shardmill
