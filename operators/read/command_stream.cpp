// A program's stdout as a stream, trusted only when the program ends well.
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "operators/read/byte_stream.hpp"
#include "operators/read/child_process.hpp"

namespace shardmill {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t kErrorTail = 2 * 1024;

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
    const int failure =
        start_program(arguments, -1, out.writing.get(), error.writing.get(), process_);
    if (failure != 0) {
      throw DataError(path_ + ": cannot run '" + program_ + "': " + std::strerror(failure));
    }
    out_ = std::move(out.reading);
    error_ = std::move(error.reading);
  }
  ~CommandStream() override {
    if (process_ >= 0) end_program(process_);
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
    if (status != 0) fail(ending(status));
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
