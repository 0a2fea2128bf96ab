#include "cluster/scratch.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

namespace shardmill {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const fs::path& path, int failure) {
  throw ResourceError("scratch folder " + path.string() + ": " + std::strerror(failure) +
                      "; give a writable --scratch");
}

std::string prefix_of_user() { return "shardmill-" + std::to_string(getuid()) + "-"; }

// Whoever removes a lock file holds it, so a lock that is still at its path is the one to trust.
bool is_still_at(int lock, const fs::path& path) {
  struct stat held {};
  struct stat named {};
  return fstat(lock, &held) == 0 && stat(path.c_str(), &named) == 0 &&
         held.st_ino == named.st_ino && held.st_dev == named.st_dev;
}

// The descriptor that holds the lock, or -1 when another process holds it.
int try_lock(const fs::path& path, int flags) {
  for (;;) {
    const int lock = open(path.c_str(), O_RDWR | O_CLOEXEC | flags, 0600);
    if (lock < 0) {
      if ((flags & O_CREAT) == 0) return -1;  // swept by a neighbour, or somebody else's
      refuse(path, errno);
    }
    if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
      const int failure = errno;
      close(lock);
      if (failure == EWOULDBLOCK) return -1;
      refuse(path, failure);
    }
    if (is_still_at(lock, path)) return lock;
    close(lock);  // a sweeper was faster; try with a fresh file
  }
}

void sweep(const fs::path& base) {
  const std::string prefix = prefix_of_user();
  std::error_code failure;
  for (fs::directory_iterator entry(base, failure), end; !failure && entry != end;
       entry.increment(failure)) {
    const fs::path path = entry->path();
    if (!path.filename().string().starts_with(prefix) || path.extension() != ".lock") continue;
    const int lock = try_lock(path, 0);
    if (lock < 0) continue;
    // Another sweep will retry what cannot be removed now; it must not stop this run.
    std::error_code kept;
    fs::remove_all(fs::path(path).replace_extension(), kept);
    if (!kept) fs::remove(path, kept);
    close(lock);
  }
}

}  // namespace

ScratchFolder::ScratchFolder(const fs::path& base, Rank rank) {
  std::error_code failure;
  fs::create_directories(base, failure);
  if (failure) refuse(base, failure.value());
  sweep(base);
  const std::string name =
      prefix_of_user() + std::to_string(getpid()) + "-" + std::to_string(rank.value);
  // Containers and hosts that share BASE may share process ids too: then the next free name.
  for (u32 attempt = 0; lock_ < 0; ++attempt) {
    path_ = base / (attempt == 0 ? name : name + "-" + std::to_string(attempt));
    lock_path_ = path_.string() + ".lock";
    lock_ = try_lock(lock_path_, O_CREAT);
  }
  fs::remove_all(path_, failure);
  if (!failure) fs::create_directory(path_, failure);
  if (failure) {
    close(lock_);
    refuse(path_, failure.value());
  }
}

ScratchFolder::~ScratchFolder() {
  std::error_code failure;  // what cannot be removed is left to the next sweep
  fs::remove_all(path_, failure);
  if (!failure) fs::remove(lock_path_, failure);
  close(lock_);
}

}  // namespace shardmill
