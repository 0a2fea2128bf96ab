#include "engine/store/dataset_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <ctime>
#include <string>
#include <utility>

#include "cluster/error.hpp"
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
  return "process " + std::to_string(::getpid()) + " on " + host.data() + " since " + since.data() +
         "\n";
}

std::string written_holder(int descriptor) {
  std::array<char, 512> text{};
  const ssize_t got = ::pread(descriptor, text.data(), text.size(), 0);
  std::string line(text.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  while (!line.empty() && line.back() == '\n') line.pop_back();
  return line.empty() ? "another run" : line;
}

[[noreturn]] void fail(const std::filesystem::path& path, const char* doing, int error) {
  throw ResourceError(path.string() + ": cannot " + doing + ": " + write_failure(error));
}

}  // namespace

DatasetLock::DatasetLock(const std::filesystem::path& dataset) {
  std::error_code error;
  std::filesystem::create_directories(dataset, error);
  if (error) fail(dataset, "create the folder", error.value());
  const std::filesystem::path path = dataset / "lock";
  // Closes itself when what follows throws.
  DatasetLock opened(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (opened.descriptor_ < 0) fail(path, "open", errno);
  if (::flock(opened.descriptor_, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) fail(path, "lock", errno);
    throw LockedError(dataset.string() + " is in use by " + written_holder(opened.descriptor_) +
                      "; wait for it to end");
  }
  const std::string text = holder();
  if (::ftruncate(opened.descriptor_, 0) != 0 ||
      ::pwrite(opened.descriptor_, text.data(), text.size(), 0) !=
          static_cast<ssize_t>(text.size())) {
    fail(path, "write the holder's name", errno);
  }
  descriptor_ = std::exchange(opened.descriptor_, -1);
}

DatasetLock::DatasetLock(DatasetLock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

DatasetLock& DatasetLock::operator=(DatasetLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

DatasetLock::~DatasetLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace shardmill
