// Where a command's data goes: stdout, or a file that appears only when it is whole.
#pragma once

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cluster/types.hpp"
#include "engine/store/file.hpp"

namespace shardmill {

class Output {
 public:
  // "-" is stdout. A link is written where it points; what exists and is no regular file (a device,
  // a FIFO) is written into, as is a file that stdout or stderr goes to. ResourceError when the
  // file cannot be made or opened.
  explicit Output(const std::string& to = "-");
  // Buffered; a ResourceError (full disk, closed pipe) may come from a later write or finish().
  void write(std::string_view bytes);
  // All bytes are out; a file gets its name. Without it a file never appears.
  void finish();

 private:
  struct Close {
    void operator()(std::FILE* stream) const { std::fclose(stream); }
  };
  void flush();
  std::optional<CommittedFile> file_;  // or
  std::FILE* stream_ = stdout;
  std::unique_ptr<std::FILE, Close> opened_;  // what stream_ is, unless it was open before
  std::string name_ = "stdout";
  std::string buffer_;
};

// The beginning of a text for people: one line, at most `characters` code points, then "…" if
// something is left out; what could steer a terminal is replaced.
[[nodiscard]] std::string excerpt(std::string_view text, std::size_t characters);

// "45/50 = 90.00 %"; the percentage is rounded down, so that it never says more than was verified.
[[nodiscard]] std::string score_text(u64 numerator, u64 denominator);

}  // namespace shardmill
