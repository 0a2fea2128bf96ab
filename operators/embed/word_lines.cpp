#include "operators/embed/word_lines.hpp"

#include <algorithm>

#include "cluster/error.hpp"

namespace shardmill {

WordLines::WordLines(std::string path) : path_(std::move(path)), file_(path_, std::ios::binary) {
  if (!file_) throw DataError(path_ + ": cannot be read");
}

bool WordLines::next() {
  constexpr std::string_view kBlanks = " \t\r";
  if (!std::getline(file_, line_)) {
    if (file_.bad()) throw DataError(path_ + ": cannot be read to its end");
    return false;
  }
  ++number_;
  parts_.clear();
  const std::string_view line = line_;
  for (std::size_t at = line.find_first_not_of(kBlanks); at != std::string_view::npos;) {
    const std::size_t end = std::min(line.find_first_of(kBlanks, at), line.size());
    parts_.push_back(line.substr(at, end - at));
    at = line.find_first_not_of(kBlanks, end);
  }
  return true;
}

std::string_view WordLines::first(std::size_t n) const {
  const char* end = parts_[n - 1].data() + parts_[n - 1].size();
  return {parts_[0].data(), static_cast<std::size_t>(end - parts_[0].data())};
}

std::string WordLines::place() const { return path_ + ": line " + std::to_string(number_); }

}  // namespace shardmill
