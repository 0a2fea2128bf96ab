#include "cluster/host.hpp"

#include <unistd.h>

#include <array>

namespace shardmill {

std::string host_name() {
  std::array<char, 256> name{};  // HOST_NAME_MAX is 64; longer names are cut
  if (gethostname(name.data(), name.size() - 1) != 0) return "unknown host";
  return name.data();
}

}  // namespace shardmill
