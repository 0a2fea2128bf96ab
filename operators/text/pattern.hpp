// Regular expressions over texts of unknown origin.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "cluster/types.hpp"

namespace shardmill {

// A pattern as ICU has it (https://unicode-org.github.io/icu/userguide/strings/regexp.html): that
// of Perl and Java. It is looked for anywhere in a text; `^` and `$` stand for the text's ends. A
// search takes a bounded number of steps, the same on every machine: backtracking cannot hang.
class Pattern {
 public:
  enum class Found : u8 { yes, no, gave_up };

  // What is wrong with it and where, as "a missing closing parenthesis at character 3"; or "".
  [[nodiscard]] static std::string fault(const std::string& text);
  // InternalError for one with a fault.
  explicit Pattern(const std::string& text);
  Pattern(Pattern&&) noexcept;
  Pattern& operator=(Pattern&&) noexcept;
  ~Pattern();

  // gave_up: after 100 steps a byte, and a million more, nothing is known. One thread.
  [[nodiscard]] Found search(std::string_view text);

 private:
  struct Matcher;
  std::unique_ptr<Matcher> matcher_;
};

}  // namespace shardmill
