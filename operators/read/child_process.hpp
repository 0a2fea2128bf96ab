// Starting and ending other programs.
#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

#include "cluster/types.hpp"

namespace shardmill {

// A file descriptor that closes itself.
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
// Throws ResourceError.
[[nodiscard]] Pipe make_pipe();
// A connection in place of a pipe to a program's stdin: a program that is gone is an error of
// send() with MSG_NOSIGNAL, and no signal. Throws ResourceError.
[[nodiscard]] Pipe make_socket_pipe();

// Starts argv with these descriptors as stdin (-1: empty), stdout and stderr and no others, a
// process group of its own, and the signals as a shell would give them. Returns an errno; 0 when
// `process` was started, which is -1 otherwise.
[[nodiscard]] int start_program(const std::vector<std::string>& argv, int in, int out, int error,
                                pid_t& process);
// Kills a process and all that it started in its group; waits for it; returns its wait status.
int end_program(pid_t process);
// A wait status in words: "exit status 3", "ended by signal 9 (Killed)".
[[nodiscard]] std::string ending(int status);

}  // namespace shardmill
