#include "operators/embed/word_frequencies.hpp"

#include "cluster/error.hpp"
#include "engine/hash/hash.hpp"
#include "operators/embed/word_lines.hpp"
#include "operators/read/record_parser.hpp"
#include "operators/text/hash_text.hpp"

namespace shardmill {
namespace {

constexpr u64 kEntry = 48;  // bytes: hash, count and pointer as they are allocated, and a bucket

u64 lines_of(const std::string& path) {
  WordLines lines(path);
  while (lines.next()) {
  }
  return lines.number();
}

}  // namespace

u64 WordFrequencies::memory(const std::string& path) { return lines_of(path) * kEntry; }

WordFrequencies::WordFrequencies(const std::string& path) {
  counts_.reserve(lines_of(path));
  HashText fold;
  WordLines lines(path);
  while (lines.next()) {
    const std::size_t parts = lines.parts().size();
    u64 count = 0;
    if (parts < 2 || !parse_number(lines.parts().back(), count) || count == 0) {
      throw DataError(lines.place() + ": expected a word and its count, at least 1; found " +
                      (parts == 0 ? "nothing" : std::string(lines.first(parts).substr(0, 40))));
    }
    if (count >= kMost - total_) {
      throw DataError(lines.place() + ": counts together must be below 2^53");
    }
    total_ += count;
    const std::string_view word = lines.first(parts - 1);
    counts_[hash64(is_utf8(word) ? fold.fold(word) : word)] += count;
  }
  if (total_ == 0) throw DataError(path + ": has no words");
}

}  // namespace shardmill
