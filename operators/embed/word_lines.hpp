// Files that have a word and numbers in each line.
#pragma once

#include <charconv>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/types.hpp"

namespace shardmill {

// Reads line by line. Errors are DataError and name the file.
class WordLines {
 public:
  explicit WordLines(std::string path);
  // False at the end.
  [[nodiscard]] bool next();
  // What stands between the blanks of this line; lives until the next one.
  [[nodiscard]] const std::vector<std::string_view>& parts() const { return parts_; }
  // The first n of them with the blanks between: some words of some files have blanks in them.
  [[nodiscard]] std::string_view first(std::size_t n) const;
  [[nodiscard]] u64 number() const { return number_; }  // of this line, from 1
  [[nodiscard]] std::string place() const;              // "words.txt: line 3"

 private:
  std::string path_;
  std::ifstream file_;
  std::string line_;
  std::vector<std::string_view> parts_;
  u64 number_ = 0;
};

// All of `text` as a number of its type; false when it is none.
template <class Number>
bool parse_number(std::string_view text, Number& number) {
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && stopped == end;
}

}  // namespace shardmill
