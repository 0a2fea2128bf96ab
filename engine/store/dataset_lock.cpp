#include "engine/store/dataset_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <string>
#include <thread>
#include <utility>

#include "cluster/error.hpp"
#include "engine/store/file.hpp"
#include "engine/store/heartbeat_lock.hpp"
#include "engine/store/write_failure.hpp"

namespace shardmill {
namespace {

std::string holder() {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  std::array<char, 32> since{};
  std::strftime(since.data(), since.size(), "%Y-%m-%dT%H:%M:%SZ", &utc);
  return "process " + std::to_string(::getpid()) + " on " + host.data() + " since " + since.data();
}

std::string holder_of(const std::filesystem::path& path) {
  std::string line = read_whole_file(path);
  while (!line.empty() && line.back() == '\n') line.pop_back();
  return line.empty() ? "another run" : line;
}

[[noreturn]] void fail(const std::filesystem::path& path, const char* doing, int error) {
  throw ResourceError(path.string() + ": cannot " + doing + ": " + write_failure(error));
}

bool lacks_locks(int error) {
  return error == ENOLCK || error == ENOSYS || error == EOPNOTSUPP || error == EINVAL;
}

int open_lock(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor < 0) fail(path, "open", errno);
  return descriptor;
}

std::filesystem::path lock_of_ranks(const std::filesystem::path& dataset) {
  return dataset / "lock.ranks";
}

// Returns when no rank of an earlier run is left.
void await_ranks(const std::filesystem::path& dataset) {
  const std::filesystem::path path = lock_of_ranks(dataset);
  const int descriptor = open_lock(path);
  const auto until = std::chrono::steady_clock::now() + heartbeat_limit();
  int error = 0;
  while (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    error = errno;
    if (error != EWOULDBLOCK || std::chrono::steady_clock::now() >= until) break;
    error = 0;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  ::close(descriptor);
  if (error == EWOULDBLOCK) {
    throw LockedError(dataset.string() +
                      " is in use by processes of a run whose first one is gone; end them");
  }
  if (error != 0 && !lacks_locks(error)) fail(path, "lock", error);
}

}  // namespace

// Whether this process has the dataset now.
bool DatasetLock::take(const std::filesystem::path& dataset, const std::string& holder) {
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0) return true;
  if (errno == EWOULDBLOCK) return false;
  if (!lacks_locks(errno)) fail(dataset / "lock", "lock", errno);
  heartbeat_ = HeartbeatLock::try_for(dataset / "lock.held", holder, heartbeat_limit());
  return heartbeat_ != nullptr;
}

std::optional<DatasetLock> DatasetLock::try_for(const std::filesystem::path& dataset, u64 seconds) {
  std::error_code error;
  std::filesystem::create_directories(dataset, error);
  if (error) fail(dataset, "create the folder", error.value());
  const std::filesystem::path path = dataset / "lock";
  DatasetLock lock(open_lock(path));
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  while (!lock.take(dataset, holder())) {
    // flock() itself has no time limit.
    if (std::chrono::steady_clock::now() >= until) return std::nullopt;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  const std::string text = holder() + "\n";
  if (::ftruncate(lock.descriptor_, 0) != 0 || ::pwrite(lock.descriptor_, text.data(), text.size(),
                                                        0) != static_cast<ssize_t>(text.size())) {
    fail(path, "write the holder's name", errno);
  }
  await_ranks(dataset);
  return lock;
}

DatasetLock::DatasetLock(const std::filesystem::path& dataset, u64 seconds) {
  std::optional<DatasetLock> lock = try_for(dataset, seconds);
  if (!lock) {
    throw LockedError(dataset.string() + " is in use by " + holder_of(dataset / "lock") +
                      "; wait for it to end" +
                      (std::filesystem::exists(dataset / "lock.held")
                           ? " (its file system has no locks: one that was killed has it for " +
                                 std::to_string(heartbeat_limit().count()) + " s more)"
                           : ""));
  }
  *this = std::move(*lock);
}

DatasetLock::DatasetLock(int descriptor) : descriptor_(descriptor) {}

DatasetLock::DatasetLock(DatasetLock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), heartbeat_(std::move(other.heartbeat_)) {}

DatasetLock& DatasetLock::operator=(DatasetLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(heartbeat_, other.heartbeat_);
  return *this;
}

DatasetLock::~DatasetLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

RankLock::RankLock(const std::filesystem::path& dataset)
    : descriptor_(open_lock(lock_of_ranks(dataset))) {
  if (::flock(descriptor_, LOCK_SH | LOCK_NB) == 0 || lacks_locks(errno)) return;
  const int error = errno;
  ::close(descriptor_);
  fail(lock_of_ranks(dataset), "lock", error);
}

RankLock::RankLock(RankLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

RankLock& RankLock::operator=(RankLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

RankLock::~RankLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace shardmill
