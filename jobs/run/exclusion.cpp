#include "jobs/run/exclusion.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>

#include "engine/store/little_endian.hpp"

namespace shardmill {
namespace {

constexpr char kRemoved = '\xff';  // begins no UTF-8

}  // namespace

std::string removed_id(std::string_view id) {
  std::string removed(1, kRemoved);
  const Hash128 hash = hash128(id);
  append_u64(removed, hash.high);
  append_u64(removed, hash.low);
  return removed;
}

bool is_removed_id(std::string_view id) {
  return id.size() == 1 + 2 * sizeof(u64) && id.front() == kRemoved;
}

Hash128 hash_of_id(std::string_view id) {
  if (!is_removed_id(id)) return hash128(id);
  return {load_u64(id.substr(1)), load_u64(id.substr(1 + sizeof(u64)))};
}

ExclusionList::ExclusionList(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in)
    throw DataError(path + ": the list of excluded ids does not open: " + std::strerror(errno));
  u64 number = 0;
  for (std::string line; std::getline(in, line);) {
    if (++number == 1 && line.starts_with("\xef\xbb\xbf")) line.erase(0, 3);  // the BOM of editors
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty()) continue;
    ids_.insert(hash128(line));
    const bool odd = line.find_first_of(" \t") == 0 ||
                     line.find_last_of(" \t") == line.size() - 1 || line.find_first_of("{\"#") == 0;
    if (odd && odd_line_ == 0) odd_line_ = number;
  }
  if (in.bad()) throw DataError(path + ": the list of excluded ids cannot be read");
}

u64 ExclusionList::fingerprint() const {
  u64 sum = ids_.size();
  for (const Hash128& id : ids_) sum += mix64(id.low ^ mix64(id.high));
  return sum;
}

}  // namespace shardmill
