// Where a command's data goes: stdout, or a file that appears only when it is whole.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cluster/types.hpp"
#include "engine/store/file.hpp"

namespace shardmill {

class Output {
 public:
  // "-" is stdout. ResourceError when the file cannot be made.
  explicit Output(const std::string& to = "-");
  // Buffered; a ResourceError (full disk, closed pipe) may come from a later write or finish().
  void write(std::string_view bytes);
  // All bytes are out; a file gets its name. Without it a file never appears.
  void finish();

 private:
  void flush();
  std::optional<CommittedFile> file_;
  std::string buffer_;
};

// The beginning of a text for people: one line, at most `characters` code points, then "…" if
// something is left out; what could steer a terminal is replaced.
[[nodiscard]] std::string excerpt(std::string_view text, std::size_t characters);

// "45/50 = 90.00 %"; the percentage is rounded down, so that it never says more than was verified.
[[nodiscard]] std::string score_text(u64 numerator, u64 denominator);

}  // namespace shardmill
