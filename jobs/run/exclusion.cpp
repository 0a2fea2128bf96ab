#include "jobs/run/exclusion.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>

namespace shardmill {

ExclusionList::ExclusionList(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in)
    throw DataError(path + ": the list of excluded ids does not open: " + std::strerror(errno));
  for (std::string line; std::getline(in, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (!line.empty()) ids_.insert(hash128(line));
  }
  if (in.bad()) throw DataError(path + ": the list of excluded ids cannot be read");
}

u64 ExclusionList::fingerprint() const {
  u64 sum = ids_.size();
  for (const Hash128& id : ids_) sum += mix64(id.low ^ mix64(id.high));
  return sum;
}

}  // namespace shardmill
