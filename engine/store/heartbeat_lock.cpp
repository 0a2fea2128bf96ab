#include "engine/store/heartbeat_lock.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <random>
#include <utility>

#include "cluster/environment.hpp"
#include "cluster/error.hpp"
#include "engine/store/write_failure.hpp"

namespace shardmill {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using Clock = std::chrono::steady_clock;

constexpr int kBeatsPerLimit = 6;  // some may be late or fail
// Whoever saw the file of one that is dead has long renamed what is there now.
constexpr milliseconds kSettle{1000};

[[noreturn]] void fail(const fs::path& path, const char* doing, int error) {
  throw ResourceError(path.string() + ": cannot " + doing + ": " + write_failure(error));
}

class Descriptor {
 public:
  Descriptor(const fs::path& path, int flags)
      : number_(::open(path.c_str(), flags | O_CLOEXEC, 0666)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  [[nodiscard]] bool is_open() const { return number_ >= 0; }
  // Whether the whole text is at the file's beginning, on the file system's side: a network file
  // system keeps the time of a write when it gets it.
  [[nodiscard]] bool write(const std::string& text) const {
    return ::pwrite(number_, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()) &&
           ::fsync(number_) == 0;
  }
  [[nodiscard]] std::optional<std::string> text() const {
    std::array<char, 1024> bytes{};  // a holder has some 100
    const ssize_t got = ::pread(number_, bytes.data(), bytes.size(), 0);
    if (got < 0) return std::nullopt;
    return std::string(bytes.data(), static_cast<std::size_t>(got));
  }
  [[nodiscard]] std::optional<nanoseconds> written() const {
    struct stat status {};
    if (::fstat(number_, &status) != 0) return std::nullopt;
    return std::chrono::seconds(status.st_mtim.tv_sec) + nanoseconds(status.st_mtim.tv_nsec);
  }

 private:
  int number_;
};

std::string random_name() {
  std::random_device random;
  std::array<char, 24> text{};
  std::snprintf(text.data(), text.size(), "%08x%08x", random(), random());
  return text.data();
}

// A file of this process alone; one that a kill leaves is cleared away like other unfinished ones.
fs::path own_file(const fs::path& path) {
  return path.parent_path() / ("." + path.filename().string() + ".tmp-" + random_name());
}

// What there is of another's: its text and when it was written.
using Seen = std::pair<std::string, nanoseconds>;
std::optional<Seen> look(const fs::path& path) {
  const Descriptor file(path, O_RDONLY);
  if (!file.is_open()) {
    if (errno == ENOENT) return std::nullopt;
    fail(path, "open", errno);
  }
  const auto text = file.text();
  const auto written = file.written();
  if (!text || !written) fail(path, "read", errno);
  return Seen{*text, *written};
}

nanoseconds time_of_file_system(const fs::path& path) {
  const fs::path own = own_file(path);
  const Descriptor file(own, O_WRONLY | O_CREAT | O_EXCL);
  if (!file.is_open()) fail(own, "create", errno);
  const bool written = file.write("now\n");
  const int error = errno;
  const auto now = file.written();
  ::unlink(own.c_str());
  if (!written || !now) fail(own, "write", error);
  return *now;
}

// Whether it was not there; then it is, with this text.
bool create(const fs::path& path, const std::string& text) {
  const Descriptor file(path, O_WRONLY | O_CREAT | O_EXCL);
  if (!file.is_open()) {
    if (errno == EEXIST) return false;
    fail(path, "create", errno);
  }
  if (file.write(text)) return true;
  const int error = errno;
  ::unlink(path.c_str());
  fail(path, "write", error);
}

// Exactly one of those that saw it gets it out of the way. What was renamed may be the file of
// somebody who was quicker: that one gets it back, or finds another's in its place when it looks
// after kSettle.
void take_away(const fs::path& path, const Seen& seen) {
  const fs::path own = own_file(path);
  if (::rename(path.c_str(), own.c_str()) != 0) {
    if (errno == ENOENT) return;
    fail(path, "rename", errno);
  }
  if (look(own) != seen && ::link(own.c_str(), path.c_str()) != 0 && errno != EEXIST) {
    fail(path, "put back", errno);
  }
  ::unlink(own.c_str());
}

enum class Beat { mine, lost, failed };

Beat renew(const fs::path& path, const std::string& text) {
  const Descriptor file(path, O_RDWR);
  if (!file.is_open()) return errno == ENOENT ? Beat::lost : Beat::failed;
  const auto there = file.text();
  if (!there) return Beat::failed;
  if (*there != text) return Beat::lost;
  return file.write(text) ? Beat::mine : Beat::failed;
}

}  // namespace

std::unique_ptr<HeartbeatLock> HeartbeatLock::try_for(const fs::path& path,
                                                      const std::string& holder,
                                                      milliseconds limit) {
  const std::string text = holder + "\n" + random_name() + "\n";
  while (true) {
    if (create(path, text)) std::this_thread::sleep_for(std::min(kSettle, limit / kBeatsPerLimit));
    // The time first: between this look and take_away() there is next to nothing.
    const nanoseconds now = time_of_file_system(path);
    const auto seen = look(path);
    if (!seen) continue;  // released just now
    if (seen->first == text) {
      return std::unique_ptr<HeartbeatLock>(new HeartbeatLock(path, text, limit));
    }
    if (now - seen->second <= limit) return nullptr;
    take_away(path, *seen);
  }
}

HeartbeatLock::HeartbeatLock(fs::path path, std::string text, milliseconds limit)
    : path_(std::move(path)), text_(std::move(text)), limit_(limit), thread_([this] { beat(); }) {}

HeartbeatLock::~HeartbeatLock() {
  {
    const std::lock_guard guard(mutex_);
    ending_ = true;
  }
  ended_.notify_all();
  thread_.join();
  const Descriptor file(path_, O_RDONLY);
  if (file.is_open() && file.text() == text_) ::unlink(path_.c_str());
}

void HeartbeatLock::beat() {
  auto last = Clock::now();
  std::unique_lock lock(mutex_);
  while (!ended_.wait_for(lock, limit_ / kBeatsPerLimit, [&] { return ending_; })) {
    const Beat beat = renew(path_, text_);
    if (beat == Beat::mine) last = Clock::now();
    // Before others may think that it is dead.
    const bool in_time = Clock::now() - last < limit_ * 2 / 3;
    if (beat == Beat::mine || (beat == Beat::failed && in_time)) continue;
    // Whatever this process writes from here on may meet what another writes.
    std::fprintf(stderr,
                 "shardmill: %s is in other hands, or could not be written for too long; "
                 "this process ends\n",
                 path_.c_str());
    std::_Exit(LockedError("").exit_code());
  }
}

std::chrono::seconds heartbeat_limit() {
  constexpr const char* kName = "SHARDMILL_LOCK_SECONDS";
  const auto environment = process_environment();
  if (!environment(kName)) return std::chrono::seconds(60);
  const auto seconds = number_in(environment, kName);
  if (!seconds || *seconds < 1 || *seconds > 86400) {
    throw ConfigError(std::string(kName) + "=" + *environment(kName) +
                      ": expected a number of seconds, from 1 to 86400");
  }
  return std::chrono::seconds(*seconds);
}

}  // namespace shardmill
