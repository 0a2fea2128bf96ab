#include "jobs/command/dataset.hpp"

#include <algorithm>
#include <charconv>

#include "engine/store/snapshot.hpp"

namespace shardmill {
namespace {

namespace fs = std::filesystem;

bool is_snapshot(const fs::path& folder) { return fs::is_regular_file(folder / "manifest.json"); }

template <typename Number>
bool read_digits(std::string_view digits, Number& number) {
  const char* end = digits.data() + digits.size();
  const auto [stopped, error] = std::from_chars(digits.data(), end, number);
  return error == std::errc{} && stopped == end;
}

// The folder of DIR@N; nothing when the name has no such end.
std::optional<fs::path> numbered_snapshot(const std::string& directory) {
  const std::size_t at = directory.rfind('@');
  u64 number = 0;
  if (at == std::string::npos || !read_digits(std::string_view(directory).substr(at + 1), number)) {
    return std::nullopt;
  }
  const Snapshots snapshots(directory.substr(0, at));
  const fs::path folder = snapshots.path_of(number);
  if (is_snapshot(folder)) return folder;
  if (fs::exists(folder)) {
    throw DataError(folder.string() + ": the snapshot is damaged, it has no manifest.json");
  }
  std::string published;
  for (const u64 n : snapshots.numbers()) {
    published += (published.empty() ? "" : ", ") + std::to_string(n);
  }
  throw DataError(directory.substr(0, at) + ": has no snapshot " + std::to_string(number) +
                  "; published: " + (published.empty() ? "none" : published));
}

}  // namespace

fs::path find_snapshot(const std::string& directory) {
  if (is_snapshot(directory)) return directory;
  if (!fs::exists(directory)) {
    if (const auto folder = numbered_snapshot(directory)) return *folder;
    throw DataError(directory + ": there is no such directory; expected a dataset");
  }
  const Snapshots snapshots(directory);
  const auto current = snapshots.current();
  if (!current) {
    const bool begun = fs::exists(fs::path(directory) / "catalog.json");
    if (const auto newest = snapshots.newest()) {
      throw DataError(directory + ": snapshot " + std::to_string(*newest) +
                      " is there, but none is current: `shardmill publish` makes it so; " +
                      directory + "@" + std::to_string(*newest) + " is it");
    }
    throw DataError(directory + (begun ? ": nothing is published here yet; `shardmill run` does it"
                                       : ": is no dataset: it has neither the link `current` nor "
                                         "a manifest.json"));
  }
  const fs::path folder = snapshots.path_of(*current);
  if (!is_snapshot(folder)) throw DataError(folder.string() + ": has no manifest.json");
  return folder;
}

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

Dataset::Dataset(const std::string& directory)
    : folder_(find_snapshot(directory)), manifest_(read_manifest(folder_ / "manifest.json")) {
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

}  // namespace shardmill
