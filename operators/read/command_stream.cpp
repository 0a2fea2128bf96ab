// A program's stdout as a stream, trusted only when the program ends well.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "operators/read/byte_stream.hpp"

namespace shardmill {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t kErrorTail = 2 * 1024;

class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() { close(); }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool open() const { return fd_ >= 0; }

 private:
  int fd_;
};

struct Pipe {
  Descriptor reading;
  Descriptor writing;
};

Pipe make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    throw ResourceError(std::string("cannot make a pipe: ") + std::strerror(errno));
  }
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

// What the new process starts with: our pipes, an empty stdin, a process group of its own (to be
// killed with all it started), and the signals as a shell would give them.
class SpawnPlan {
 public:
  SpawnPlan(int out, int error) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions_, out, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions_, error, STDERR_FILENO);
    // MPI's pipes and sockets above all: its daemon takes a rank for alive while they are open.
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
    ::posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    ::posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  ~SpawnPlan() {
    ::posix_spawnattr_destroy(&attributes_);
    ::posix_spawn_file_actions_destroy(&actions_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  // Returns an errno; 0 when `process` was started.
  int start(const std::vector<std::string>& argv, pid_t& process) const {
    std::vector<char*> arguments;
    for (const std::string& argument : argv) {
      arguments.push_back(const_cast<char*>(argument.c_str()));
    }
    arguments.push_back(nullptr);
    return ::posix_spawnp(&process, arguments[0], &actions_, &attributes_, arguments.data(),
                          environ);
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

class CommandStream : public ByteStream {
 public:
  CommandStream(const std::vector<std::string>& argv, const std::string& path, milliseconds limit,
                const std::string& name)
      : path_(path), limit_(limit) {
    if (argv.empty()) throw ConfigError("a source of format command names no program");
    program_ = name.empty() ? argv[0] : name;
    Pipe out = make_pipe();
    Pipe error = make_pipe();
    std::vector<std::string> arguments = argv;
    arguments.push_back(path);
    const SpawnPlan plan(out.writing.get(), error.writing.get());
    if (const int failure = plan.start(arguments, process_); failure != 0) {
      process_ = -1;
      throw DataError(path_ + ": cannot run '" + program_ + "': " + std::strerror(failure));
    }
    out_ = std::move(out.reading);
    error_ = std::move(error.reading);
  }
  ~CommandStream() override {
    if (process_ < 0) return;
    ::kill(-process_, SIGKILL);
    int status = 0;
    while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) {
    }
  }
  CommandStream(const CommandStream&) = delete;
  CommandStream& operator=(const CommandStream&) = delete;

  std::size_t read(std::span<char> into) override {
    last_sign_ = Clock::now();  // the time we were busy ourselves does not count
    while (out_.open()) {
      if (!wait(milliseconds::max())) continue;
      const std::size_t got = read_some(out_, into);
      read_ += got;
      if (got > 0) return got;
    }
    finish();
    return 0;
  }
  [[nodiscard]] u64 raw_bytes() const override { return read_; }

 private:
  // Waits for a sign of life, no longer than `longest`, and takes what stderr has. True when stdout
  // has something to read (or its end).
  bool wait(milliseconds longest) {
    const auto silent = std::chrono::duration_cast<milliseconds>(Clock::now() - last_sign_);
    if (silent >= limit_) {
      fail("no output for " + std::to_string(limit_.count() / 1000) + " s, killed");
    }
    // A closed descriptor is -1, which poll leaves out.
    pollfd watched[2] = {{out_.get(), POLLIN, 0}, {error_.get(), POLLIN, 0}};
    const milliseconds patience = std::min({longest, limit_ - silent, milliseconds(60'000)});
    const int ready = ::poll(watched, 2, static_cast<int>(patience.count()));
    if (ready < 0 && errno != EINTR) {
      throw ResourceError(path_ + ": cannot wait for '" + program_ + "': " + std::strerror(errno));
    }
    if (ready <= 0) return false;
    last_sign_ = Clock::now();
    if (watched[1].revents != 0) {
      char text[4096];
      const std::size_t got = read_some(error_, text);
      tail_.append(text, got);
      if (tail_.size() > kErrorTail) tail_.erase(0, tail_.size() - kErrorTail);
    }
    return watched[0].revents != 0;
  }

  // After poll: does not block. Closes `from` at its end.
  std::size_t read_some(Descriptor& from, std::span<char> into) {
    for (;;) {
      const ssize_t got = ::read(from.get(), into.data(), into.size());
      if (got > 0) return static_cast<std::size_t>(got);
      if (got == 0) {
        from.close();
        return 0;
      }
      if (errno != EINTR) {
        throw DataError(path_ + ": cannot read from '" + program_ + "' at offset " +
                        std::to_string(read_) + ": " + std::strerror(errno));
      }
    }
  }

  // stdout is at its end: what remains is how the program ends.
  void finish() {
    milliseconds pause{1};
    int status = 0;
    while (process_ >= 0) {
      const pid_t ended = ::waitpid(process_, &status, WNOHANG);
      if (ended < 0 && errno != EINTR) {
        throw InternalError(path_ + ": waitpid: " + std::strerror(errno));
      }
      if (ended == process_) {
        process_ = -1;
        break;
      }
      // With stderr closed too poll only sleeps.
      wait(pause);
      pause = std::min(pause * 2, milliseconds(50));
    }
    if (!ended_well_) judge(status);
  }

  void judge(int status) {
    // What it wrote before it ended is in the pipe (64 KiB at most); what programs that it left
    // behind still write is not awaited.
    for (int reads = 0; error_.open() && reads < 16; ++reads) wait(milliseconds(0));
    if (WIFSIGNALED(status)) {
      fail("ended by signal " + std::to_string(WTERMSIG(status)) + " (" +
           ::strsignal(WTERMSIG(status)) + ")");
    }
    if (WEXITSTATUS(status) != 0) fail("exit status " + std::to_string(WEXITSTATUS(status)));
    ended_well_ = true;
  }

  [[noreturn]] void fail(const std::string& what) const {
    std::string words = tail_.substr(0, tail_.find_last_not_of("\n") + 1);
    std::replace(words.begin(), words.end(), '\n', '|');  // a message is one line
    throw DataError(path_ + ": '" + program_ + "' failed after offset " + std::to_string(read_) +
                    ": " + what + (words.empty() ? "" : "; its last words: " + words));
  }

  std::string path_;
  std::string program_;
  milliseconds limit_;
  pid_t process_ = -1;
  Descriptor out_;
  Descriptor error_;
  std::string tail_;  // of stderr
  u64 read_ = 0;
  bool ended_well_ = false;
  Clock::time_point last_sign_ = Clock::now();
};

}  // namespace

std::unique_ptr<ByteStream> run_command(const std::vector<std::string>& argv,
                                        const std::string& path, milliseconds silence_limit,
                                        const std::string& name) {
  return std::make_unique<CommandStream>(argv, path, silence_limit, name);
}

}  // namespace shardmill
