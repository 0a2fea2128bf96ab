#include "jobs/command/snapshot_list.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <map>

#include "engine/observe/timestamp.hpp"
#include "jobs/run/manifest.hpp"

namespace shardmill {
namespace {

namespace fs = std::filesystem;

// A file may have several names here (token shards do); one that another snapshot shares has a link
// more than these.
void count_bytes(const fs::path& folder, SnapshotInfo& info) {
  std::map<ino_t, u64> names;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    struct stat status {};
    if (::lstat(entry.path().c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    const u64 bytes = narrow<u64>(status.st_size);
    const u64 known = ++names[status.st_ino];
    if (known == 1) info.bytes += bytes;
    if (known == status.st_nlink) info.bytes_not_shared += bytes;
  }
}

// When a snapshot was made: _SUCCESS is its last file, written just before it got its number.
std::chrono::system_clock::time_point time_made(const fs::path& folder) {
  struct stat status {};
  const fs::path path = folder / "_SUCCESS";
  if (::stat(path.c_str(), &status) != 0) {
    throw DataError(path.string() + ": is missing; every snapshot has this file");
  }
  return std::chrono::system_clock::from_time_t(status.st_mtim.tv_sec);
}

}  // namespace

Snapshots existing_dataset(const std::string& directory) {
  Snapshots snapshots{fs::path(directory)};
  if (snapshots.numbers().empty()) {
    throw DataError(directory + (fs::exists(directory)
                                     ? ": has no snapshot; `shardmill run` makes one"
                                     : ": there is no such directory; expected "
                                       "a dataset"));
  }
  return snapshots;
}

u64 existing_snapshot(const Snapshots& snapshots, std::optional<u64> number) {
  const std::vector<u64> all = snapshots.numbers();
  if (!number) return all.back();
  if (std::find(all.begin(), all.end(), *number) != all.end()) return *number;
  std::string text;
  for (const u64 n : all) text += (text.empty() ? "" : ", ") + std::to_string(n);
  throw DataError(snapshots.dataset().string() + ": has no snapshot " + std::to_string(*number) +
                  "; there are " + text);
}

std::vector<SnapshotInfo> snapshot_list(const Snapshots& snapshots) {
  std::vector<SnapshotInfo> list;
  const auto current = snapshots.current();
  const auto tags = snapshots.tags();
  const auto now = std::chrono::system_clock::now();
  for (const u64 number : snapshots.numbers()) {
    SnapshotInfo info;
    const fs::path folder = snapshots.path_of(number);
    info.number = number;
    info.current = current == number;
    info.read = snapshots.is_read(number);
    for (const auto& [tag, of] : tags) {
      if (of == number) info.tags.push_back(tag);
    }
    try {
      const auto made = time_made(folder);
      info.made = rfc3339(made);
      info.age_days = std::chrono::duration<double>(now - made).count() / 86400;
      info.documents_kept = read_manifest(folder / "manifest.json").documents_kept;
    } catch (const Error& error) {
      info.damage = error.what();
    }
    count_bytes(folder, info);
    list.push_back(std::move(info));
  }
  list.back().newest = true;
  return list;
}

}  // namespace shardmill
