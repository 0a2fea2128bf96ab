#include "cluster/peak_memory.hpp"

#include <fstream>
#include <string>

namespace shardmill {
namespace {

Bytes status_line(const std::string& name) {
  std::ifstream in("/proc/self/status");
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(name)) return {std::stoull(line.substr(name.size())) << 10};
  }
  throw ResourceError("/proc/self/status has no line " + name);
}

}  // namespace

Bytes peak_memory() { return status_line("VmHWM:"); }
Bytes resident_memory() { return status_line("VmRSS:"); }

}  // namespace shardmill
