// What the comparison programs of this folder share: whole files in, one file out, a clock. They
// use nothing of shardmill, so that they stay an independent yardstick.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

namespace bench {

// The content of a file, decompressed if its name ends in .zst (any number of frames), with
// `padding` bytes of room behind the end. A file that cannot be read ends the program with a
// message.
std::string read_file(const std::string& path, std::size_t padding);

// A file that is written once. Ends the program with a message when the disk does not take it all.
class OutputFile {
 public:
  explicit OutputFile(const std::string& path);
  void write(std::string_view bytes);
  // Everything is on disk when this returns.
  void finish();
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::string path_;
  std::unique_ptr<char[]> buffer_;  // outlives file_, which writes through it
  std::unique_ptr<std::FILE, Close> file_;
  std::size_t bytes_ = 0;
};

[[noreturn]] void fail(const std::string& message);

// Adds the time between construction and destruction to a sum of seconds.
class Timed {
 public:
  explicit Timed(double& seconds) : seconds_(seconds), start_(Clock::now()) {}
  Timed(const Timed&) = delete;
  Timed& operator=(const Timed&) = delete;
  ~Timed() { seconds_ += std::chrono::duration<double>(Clock::now() - start_).count(); }

 private:
  using Clock = std::chrono::steady_clock;
  double& seconds_;
  Clock::time_point start_;
};

// Peak resident memory of this process, bytes.
std::size_t peak_memory();

// User and system time of this process so far, seconds: steadier than the clock on a busy machine.
double cpu_seconds();

}  // namespace bench
