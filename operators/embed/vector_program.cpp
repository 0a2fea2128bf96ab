#include "operators/embed/vector_program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include "operators/read/child_process.hpp"
#include "operators/read/json_text.hpp"

namespace shardmill {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t kErrorTail = 2 * 1024;
constexpr std::size_t kBeginning = 60;  // bytes of stdout that a message shows
// A program that closes its stdout is about to end.
constexpr milliseconds kEnding{2000};

}  // namespace

// One life of the program.
class VectorProgram::Process {
 public:
  explicit Process(const VectorProgramSettings& settings) : settings_(settings) {
    Pipe in = make_socket_pipe();
    Pipe out = make_pipe();
    Pipe error = make_pipe();
    const int failure = start_program(settings.command, in.reading.get(), out.writing.get(),
                                      error.writing.get(), process_);
    if (failure != 0) {
      throw DataError("embed: cannot run '" + settings.command[0] + "': " + std::strerror(failure));
    }
    in_ = std::move(in.writing);
    out_ = std::move(out.reading);
    error_ = std::move(error.reading);
    ::fcntl(out_.get(), F_SETFL, O_NONBLOCK);
    ::fcntl(error_.get(), F_SETFL, O_NONBLOCK);
  }
  ~Process() {
    if (process_ >= 0) end_program(process_);
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // Fills `answer`; false when the program ended before it was whole.
  bool ask(std::string_view request, std::span<char> answer) {
    const Clock::time_point deadline = Clock::now() + settings_.limit;
    std::size_t got = 0;
    // What it writes unasked would shift every answer.
    if (!read_answer({}, got, false)) return false;
    while (true) {
      // Both ways at once: a program that answers while it reads must not wait for us.
      if (!read_answer(answer, got, request.empty())) return false;
      if (request.empty() && got == answer.size()) return true;
      const auto left =
          std::chrono::duration_cast<milliseconds>(deadline - Clock::now()) + milliseconds(1);
      if (left <= milliseconds(1)) {
        fail("no answer to a batch within " + std::to_string(settings_.limit.count() / 1000) +
             " s (time_limit), after " + std::to_string(got) + " of " +
             std::to_string(answer.size()) + " bytes");
      }
      pollfd watched[3] = {{out_.get(), POLLIN, 0},
                           {error_.get(), POLLIN, 0},
                           {request.empty() ? -1 : in_.get(), POLLOUT, 0}};
      const int ready = ::poll(watched, 3, static_cast<int>(std::min<i64>(left.count(), 60'000)));
      if (ready < 0 && errno != EINTR) {
        throw ResourceError(std::string("embed: cannot wait for the program: ") +
                            std::strerror(errno));
      }
      if (ready <= 0) continue;
      if (watched[1].revents != 0) read_error();
      if (watched[2].revents != 0 && !send_some(request)) return false;
    }
  }

  void finish() {
    in_.close();
    const Clock::time_point deadline = Clock::now() + settings_.limit;
    std::size_t none = 0;
    int status = 0;
    pid_t ended = 0;
    while (ended == 0) {
      const bool silent = !read_answer({}, none, false);
      ended = silent ? ::waitpid(process_, &status, WNOHANG) : 0;
      if (ended != 0) break;
      if (Clock::now() > deadline) {
        fail("did not end within " + std::to_string(settings_.limit.count() / 1000) +
             " s (time_limit) of the end of its input");
      }
      pollfd watched[2] = {{silent ? -1 : out_.get(), POLLIN, 0}, {error_.get(), POLLIN, 0}};
      if (::poll(watched, 2, 5) > 0 && watched[1].revents != 0) read_error();
    }
    process_ = -1;
    if (status != 0) fail(ending(status) + " after its last answer");
  }

  // How it ended and what it said last; waits a little for its end, and then ends it.
  std::string last_words() {
    const Clock::time_point deadline = Clock::now() + kEnding;
    int status = 0;
    pid_t ended = 0;
    while (ended == 0 && Clock::now() < deadline) {
      pollfd watched = {error_.get(), POLLIN, 0};
      if (::poll(&watched, 1, 10) > 0) read_error();
      ended = ::waitpid(process_, &status, WNOHANG);
    }
    const bool closed = ended != process_;  // but it goes on
    if (closed) end_program(process_);
    process_ = -1;
    read_error();
    return (closed ? std::string("closed its stdout") : ending(status)) + beginning() + words();
  }

  // For messages: what it wrote first, which may be text that was not meant for us.
  [[nodiscard]] std::string beginning() const {
    std::string shown = beginning_;
    for (char& c : shown) {
      if (c < ' ' || c > '~') c = '.';
    }
    return shown.empty() ? "" : "; its stdout begins with \"" + shown + "\" (as text)";
  }

 private:
  // Takes what is there; false at the end of stdout, unless nothing is to come.
  bool read_answer(std::span<char> answer, std::size_t& got, bool asked) {
    while (true) {
      char more[kBeginning];
      const bool whole = got == answer.size();
      const ssize_t n = whole ? ::read(out_.get(), more, sizeof more)
                              : ::read(out_.get(), answer.data() + got, answer.size() - got);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && errno == EAGAIN) return true;
      // An answer that is whole counts; the next batch finds out.
      if (n <= 0) return whole && asked;
      note({whole ? more : answer.data() + got, static_cast<std::size_t>(n)});
      if (whole) {
        fail("wrote more than the bytes that it was asked for, " +
             std::to_string(settings_.dimensions) + " float32 numbers a document");
      }
      got += static_cast<std::size_t>(n);
    }
  }

  void note(std::string_view written) {
    beginning_ += written.substr(0, kBeginning - std::min(kBeginning, beginning_.size()));
  }

  // False when nobody reads any more.
  bool send_some(std::string_view& request) {
    const ssize_t n =
        ::send(in_.get(), request.data(), request.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n >= 0) {
      request.remove_prefix(static_cast<std::size_t>(n));
      return true;
    }
    return errno == EINTR || errno == EAGAIN;
  }

  void read_error() {
    char text[4096];
    ssize_t n = 0;
    while (error_.open() && (n = ::read(error_.get(), text, sizeof text)) > 0) {
      tail_.append(text, static_cast<std::size_t>(n));
      if (tail_.size() > kErrorTail) tail_.erase(0, tail_.size() - kErrorTail);
    }
    if (n == 0) error_.close();  // -1, which poll leaves out
  }

  [[nodiscard]] std::string words() const {
    std::string words = tail_.substr(0, tail_.find_last_not_of('\n') + 1);
    std::replace(words.begin(), words.end(), '\n', '|');  // a message is one line
    return words.empty() ? "" : "; its last words: " + words;
  }

  [[noreturn]] void fail(const std::string& what) {
    read_error();
    throw DataError("embed: '" + settings_.command[0] + "': " + what + beginning() + words());
  }

  const VectorProgramSettings& settings_;
  pid_t process_ = -1;
  Descriptor in_;
  Descriptor out_;
  Descriptor error_;
  std::string tail_;       // of stderr
  std::string beginning_;  // of stdout
};

VectorProgram::VectorProgram(VectorProgramSettings settings) : settings_(std::move(settings)) {}
VectorProgram::~VectorProgram() = default;

void VectorProgram::embed(std::span<const std::string_view> texts, std::vector<float>& out) {
  request_.clear();
  for (const std::string_view text : texts) {
    request_ += "{\"text\":";
    append_json_string(request_, text);
    request_ += "}\n";
  }
  out.resize(texts.size() * settings_.dimensions);
  const std::span<char> answer(reinterpret_cast<char*>(out.data()), out.size() * sizeof(float));
  for (int ended = 1;; ++ended) {
    if (!process_) process_ = std::make_unique<Process>(settings_);
    if (process_->ask(request_, answer)) return;
    const std::string how = process_->last_words();
    process_.reset();
    if (ended <= kAgain) continue;
    throw DataError("embed: '" + settings_.command[0] + "' ended " + std::to_string(ended) +
                    " times before its answer to a batch of " + std::to_string(texts.size()) +
                    " texts was whole: " + how);
  }
}

std::string VectorProgram::beginning() const { return process_ ? process_->beginning() : ""; }

void VectorProgram::finish() {
  if (!process_) return;
  process_->finish();
  process_.reset();
}

void CommandVectors::load(std::span<const std::string_view> texts) {
  texts_ = texts;
  begin_ = 0;
  end_ = 0;
}

std::vector<float>* CommandVectors::of(std::size_t i) {
  if (i >= end_) {
    begin_ = i;
    end_ = std::min(texts_.size(), i + batch_size_);
    program_.embed(texts_.subspan(begin_, end_ - begin_), numbers_);
  }
  const auto first = numbers_.begin() + static_cast<i64>((i - begin_) * dimensions_);
  vector_.assign(first, first + dimensions_);
  return &vector_;
}

}  // namespace shardmill
