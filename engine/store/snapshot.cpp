#include "engine/store/snapshot.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>

#include "engine/store/file.hpp"
#include "engine/store/write_failure.hpp"

namespace shardmill {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kDigits = 6;  // more where a number needs them

std::string name_of(u64 number) {
  const std::string digits = std::to_string(number);
  return digits.size() < kDigits ? std::string(kDigits - digits.size(), '0') + digits : digits;
}

// The number a folder's name stands for; nothing when it is not a name we give.
std::optional<u64> number_of(const std::string& name) {
  u64 number = 0;
  const char* end = name.data() + name.size();
  const auto [stopped, error] = std::from_chars(name.data(), end, number);
  if (error != std::errc{} || stopped != end || name_of(number) != name) return std::nullopt;
  return number;
}

[[noreturn]] void fail(const fs::path& path, const std::string& doing, int error) {
  throw ResourceError(path.string() + ": cannot " + doing + ": " + write_failure(error));
}

// Of what is being removed; a run that is killed there leaves the name.
constexpr std::string_view kRemoved = ".removed-";

std::vector<fs::path> folders_beginning(const fs::path& folder, std::string_view prefix) {
  std::vector<fs::path> found;
  if (!fs::exists(folder)) return found;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.path().filename().string().starts_with(prefix)) found.push_back(entry.path());
  }
  return found;
}

void create_folders(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) fail(path, "create the folder", error.value());
}

void rename_exclusively(const fs::path& from, const fs::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return;
  if (errno == EINVAL || errno == ENOSYS) {
    // NFS and others do not know the flag. We hold the dataset's lock, so to look first is enough.
    if (fs::exists(fs::symlink_status(to))) fail(to, "publish", EEXIST);
    if (::rename(from.c_str(), to.c_str()) == 0) return;
  }
  fail(to, "publish " + from.string() + " as it", errno);
}

}  // namespace

std::vector<u64> Snapshots::numbers() const {
  std::vector<u64> found;
  if (!fs::exists(folder())) return found;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder())) {
    if (const auto number = number_of(entry.path().filename().string())) found.push_back(*number);
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::optional<u64> Snapshots::newest() const {
  const std::vector<u64> found = numbers();
  return found.empty() ? std::nullopt : std::optional(found.back());
}

u64 Snapshots::next_number() const { return newest().value_or(0) + 1; }

fs::path Snapshots::path_of(u64 number) const { return folder() / name_of(number); }

fs::path Snapshots::staging_of(u64 number) const {
  return folder() / (".staging-" + name_of(number));
}

std::optional<u64> Snapshots::current() const {
  const fs::path link = dataset_ / "current";
  if (!fs::exists(fs::symlink_status(link))) return std::nullopt;
  std::error_code error;
  const fs::path target = fs::read_symlink(link, error);
  const std::optional<u64> number = number_of(target.filename().string());
  if (error || !number || !fs::is_directory(path_of(*number))) {
    throw DataError(link.string() + ": expected a link to a snapshot, found '" + target.string() +
                    "'");
  }
  return number;
}

fs::path Snapshots::begin_staging(u64 number) {
  const fs::path staging = staging_of(number);
  create_folders(staging);
  fs::remove(staging / "_SUCCESS");  // of a publication that did not come to its rename
  return staging;
}

void Snapshots::publish(u64 number, std::string_view success, bool move_current) {
  const fs::path staging = staging_of(number);
  if (fs::exists(path_of(number))) fail(path_of(number), "publish", EEXIST);
  fsync_tree(staging);
  // Inside staging, so that the rename brings everything at once: a numbered folder is complete.
  write_file_atomically(staging / "_SUCCESS", success);
  if (move_current) write_file_atomically(intent(), name_of(number));
  rename_exclusively(staging, path_of(number));
  fsync_directory(folder());
  finish_publication();
}

std::optional<u64> Snapshots::finish_publication() {
  for (const fs::path& left : folders_beginning(folder(), kRemoved)) fs::remove_all(left);
  if (!fs::exists(intent())) return std::nullopt;
  const std::optional<u64> number = number_of(read_whole_file(intent()));
  const bool renamed = number && fs::is_directory(path_of(*number));
  if (renamed) make_current(*number);
  fs::remove(intent());
  return renamed ? number : std::nullopt;
}

void Snapshots::make_current(u64 number) { point(dataset_ / "current", "", number); }

// Links are relative: datasets may be moved.
void Snapshots::point(const fs::path& link, const std::string& up, u64 number) const {
  if (!fs::is_directory(path_of(number))) {
    throw DataError(path_of(number).string() + ": there is no such snapshot");
  }
  // The same name every time, since one at a time has the dataset: what a killed one left goes.
  const fs::path next = link.parent_path() / ("." + link.filename().string() + ".tmp-link");
  fs::remove(next);
  const std::string target = up + "snapshots/" + name_of(number);
  if (::symlink(target.c_str(), next.c_str()) != 0) fail(next, "create the link", errno);
  if (::rename(next.c_str(), link.c_str()) != 0) fail(link, "move the link", errno);
  fsync_directory(link.parent_path());
}

std::map<std::string, u64> Snapshots::tags() const {
  std::map<std::string, u64> found;
  if (!fs::exists(dataset_ / "tags")) return found;
  for (const fs::directory_entry& entry : fs::directory_iterator(dataset_ / "tags")) {
    const std::string name = entry.path().filename().string();
    if (!entry.is_symlink() || name.starts_with('.')) continue;  // of one that was killed
    const auto number = number_of(fs::read_symlink(entry.path()).filename().string());
    if (number) found[name] = *number;
  }
  return found;
}

void Snapshots::tag(const std::string& name, u64 number) {
  create_folders(dataset_ / "tags");
  point(dataset_ / "tags" / name, "../", number);
}

bool Snapshots::untag(const std::string& name) {
  const bool there = fs::remove(dataset_ / "tags" / name);
  if (there) fsync_directory(dataset_ / "tags");
  return there;
}

bool Snapshots::is_read(u64 number) const {
  // For writing, since NFS gives an exclusive lock to no other.
  const int descriptor = ::open((path_of(number) / "_SUCCESS").c_str(), O_RDWR | O_CLOEXEC);
  if (descriptor < 0) return false;
  const bool locked = ::flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  ::close(descriptor);
  return locked;
}

void Snapshots::remove(u64 number) {
  const fs::path leaving = folder() / (std::string(kRemoved) + name_of(number));
  if (::rename(path_of(number).c_str(), leaving.c_str()) != 0) {
    fail(path_of(number), "remove", errno);
  }
  fsync_directory(folder());
  std::error_code error;
  fs::remove_all(leaving, error);
  if (error) fail(leaving, "remove", error.value());
}

void fsync_tree(const fs::path& directory) {
  for (const fs::directory_entry& entry : fs::directory_iterator(directory)) {
    if (entry.is_directory() && !entry.is_symlink()) fsync_tree(entry.path());
  }
  fsync_directory(directory);
}

}  // namespace shardmill
