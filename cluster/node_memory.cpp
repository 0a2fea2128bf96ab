#include "cluster/node_memory.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <limits>
#include <string>

namespace shardmill {
namespace {

constexpr u64 kUnlimited = std::numeric_limits<u64>::max();

u64 slurm_limit(const Environment& environment) {
  // 0 means "all of the node's memory" to Slurm.
  if (const auto mib = number_in(environment, "SLURM_MEM_PER_NODE"); mib && *mib > 0) {
    return *mib << 20;
  }
  const auto per_cpu = number_in(environment, "SLURM_MEM_PER_CPU");
  const auto cpus = number_in(environment, "SLURM_CPUS_ON_NODE");
  if (per_cpu && *per_cpu > 0 && cpus && *cpus > 0) return (*per_cpu * *cpus) << 20;
  return kUnlimited;
}

// A limit file holds a number, or "max"; version 1 writes a number near 2^63 for "no limit".
u64 limit_in(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string text;
  if (!(in >> text)) return kUnlimited;
  u64 value = 0;
  const char* end = text.data() + text.size();
  if (std::from_chars(text.data(), end, value).ptr != end) return kUnlimited;
  return value >= (u64{1} << 60) ? kUnlimited : value;
}

// A group is bound by its parents too, and a container may not show its own folder but only an
// outer one, so every level from the group up to the mount counts.
u64 limit_up_from(const std::filesystem::path& mount, const std::string& group, const char* file) {
  u64 least = limit_in(mount / file);
  std::filesystem::path level = mount;
  for (const auto& name : std::filesystem::path(group).relative_path()) {
    level /= name;
    least = std::min(least, limit_in(level / file));
  }
  return least;
}

u64 control_group_limit(const std::filesystem::path& root) {
  const auto mount = root / "sys/fs/cgroup";
  std::ifstream in(root / "proc/self/cgroup");
  u64 least = kUnlimited;
  for (std::string line; std::getline(in, line);) {  // hierarchy:controllers:path
    const auto first = line.find(':');
    const auto second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const auto controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    const auto group = line.substr(second + 1);
    if (controllers == ",,") {
      least = std::min(least, limit_up_from(mount, group, "memory.max"));
    } else if (controllers.find(",memory,") != std::string::npos) {
      least = std::min(least, limit_up_from(mount / "memory", group, "memory.limit_in_bytes"));
    }
  }
  return least;
}

u64 physical_memory(const std::filesystem::path& root) {
  std::ifstream in(root / "proc/meminfo");
  std::string name;
  u64 kib = 0;
  std::string unit;
  while (in >> name >> kib && std::getline(in, unit)) {
    if (name == "MemTotal:") return kib << 10;
  }
  return kUnlimited;
}

}  // namespace

Bytes node_memory(const Environment& environment, const std::filesystem::path& root) {
  const u64 least =
      std::min({slurm_limit(environment), control_group_limit(root), physical_memory(root)});
  if (least == kUnlimited) {
    throw ResourceError("cannot find out how much memory this machine has; give --memory");
  }
  return {least};
}

}  // namespace shardmill
