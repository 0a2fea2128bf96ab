#include "jobs/command/dataset.hpp"

#include <algorithm>
#include <charconv>

#include "jobs/run/find_snapshot.hpp"

namespace shardmill {
namespace {

namespace fs = std::filesystem;

template <typename Number>
bool read_digits(std::string_view digits, Number& number) {
  const char* end = digits.data() + digits.size();
  const auto [stopped, error] = std::from_chars(digits.data(), end, number);
  return error == std::errc{} && stopped == end;
}

}  // namespace

ShardName ShardName::parse(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string file = slash == std::string::npos ? path : path.substr(slash + 1);
  const std::size_t dash = file.find('-');
  ShardName name;
  bool good = slash != std::string::npos && dash != std::string::npos && file.ends_with(".h5") &&
              read_digits(std::string_view(file).substr(0, dash), name.epoch);
  if (good) {
    name.folder = path.substr(0, slash + 1);
    const std::string bits = file.substr(dash + 1, file.size() - dash - 4);
    good = bits == "r" || (!bits.empty() && bits.size() <= 64 &&
                           bits.find_first_not_of("01") == std::string::npos);
    if (good && bits != "r") {
      name.depth = narrow<u32>(bits.size());
      for (std::size_t i = 0; i < bits.size(); ++i) {
        name.prefix |= static_cast<u64>(bits[i] == '1') << (63 - i);
      }
    }
  }
  if (!good) throw DataError(path + ": is no name of a shard; expected <epoch>-<bits>.h5");
  return name;
}

Dataset::Dataset(const std::string& named)
    : folder_(find_snapshot(named)), manifest_(read_manifest(folder_ / "manifest.json")) {
  std::sort(manifest_.shards.begin(), manifest_.shards.end(),
            [](const ShardRecord& a, const ShardRecord& b) { return a.path < b.path; });
}

std::vector<const ShardRecord*> Dataset::shards(std::string_view below) const {
  std::vector<const ShardRecord*> found;
  for (const ShardRecord& shard : manifest_.shards) {
    if (shard.path.starts_with(below)) found.push_back(&shard);
  }
  return found;
}

std::vector<const ShardRecord*> Dataset::token_shards(const std::string& command) const {
  std::vector<const ShardRecord*> found = shards("tokens/");
  if (!found.empty()) return found;
  throw ConfigError(command + ": " + folder_.string() +
                    " has no token shards; a job makes them with the step `tokenize`");
}

}  // namespace shardmill
