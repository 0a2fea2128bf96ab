#include "jobs/run/find_snapshot.hpp"

#include <charconv>
#include <optional>

#include "cluster/error.hpp"
#include "engine/store/snapshot.hpp"

namespace shardmill {
namespace {

namespace fs = std::filesystem;

bool is_snapshot(const fs::path& folder) { return fs::is_regular_file(folder / "manifest.json"); }

// What could be asked for instead.
std::string available(const Snapshots& snapshots) {
  std::string text;
  for (const u64 number : snapshots.numbers()) {
    text += (text.empty() ? "; published: " : ", ") + std::to_string(number);
  }
  if (text.empty()) return "; published: none";
  std::string tags;
  for (const auto& [tag, number] : snapshots.tags()) {
    tags += (tags.empty() ? "; tags: " : ", ") + tag + " (" + std::to_string(number) + ")";
  }
  return text + tags;
}

// The number in digits, or the one with a tag of this name; nothing for neither. Tags are never
// numbers.
std::optional<u64> number_of(const Snapshots& snapshots, const std::string& name) {
  u64 number = 0;
  const char* end = name.data() + name.size();
  const auto [stopped, error] = std::from_chars(name.data(), end, number);
  if (error == std::errc{} && stopped == end) return number;
  const auto tags = snapshots.tags();
  const auto tag = tags.find(name);
  return tag == tags.end() ? std::nullopt : std::optional(tag->second);
}

// The folder of DIR@N or DIR@TAG; nothing when the name has no such form.
std::optional<fs::path> snapshot_after_at(const std::string& named) {
  const std::size_t at = named.rfind('@');
  if (at == std::string::npos || at + 1 == named.size()) return std::nullopt;
  const std::string directory = named.substr(0, at);
  const std::string name = named.substr(at + 1);
  // An @ in the path itself.
  if (name.find('/') != std::string::npos || !fs::is_directory(directory)) return std::nullopt;
  const Snapshots snapshots(directory);
  const auto number = number_of(snapshots, name);
  const fs::path folder = number ? snapshots.path_of(*number) : fs::path();
  if (number && is_snapshot(folder)) return folder;
  if (number && fs::exists(folder)) {
    throw DataError(folder.string() + ": the snapshot is damaged, it has no manifest.json");
  }
  throw DataError(directory + ": has no snapshot " + name + available(snapshots));
}

}  // namespace

fs::path find_snapshot(const std::string& named) {
  if (is_snapshot(named)) return named;
  if (!fs::exists(named)) {
    if (const auto folder = snapshot_after_at(named)) return *folder;
    throw DataError(named + ": there is no such directory; expected a dataset");
  }
  const Snapshots snapshots(named);
  const auto current = snapshots.current();
  if (!current) {
    const bool begun = fs::exists(fs::path(named) / "catalog.json");
    if (const auto newest = snapshots.newest()) {
      throw DataError(named + ": snapshot " + std::to_string(*newest) +
                      " is there, but none is current: `shardmill publish` makes it so; " + named +
                      "@" + std::to_string(*newest) + " is it");
    }
    throw DataError(named + (begun ? ": nothing is published here yet; `shardmill run` does it"
                                   : ": is no dataset: it has neither the link `current` nor "
                                     "a manifest.json"));
  }
  const fs::path folder = snapshots.path_of(*current);
  if (!is_snapshot(folder)) throw DataError(folder.string() + ": has no manifest.json");
  return folder;
}

}  // namespace shardmill
