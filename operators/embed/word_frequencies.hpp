// How often words occur, from a list that was made once: nothing depends on the documents of a run,
// so vectors of two nights compare.
#pragma once

#include <string>
#include <unordered_map>

#include "cluster/types.hpp"

namespace shardmill {

class WordFrequencies {
 public:
  // All counts together are less, so that they are exact as doubles.
  static constexpr u64 kMost = u64{1} << 53;

  // Bytes that the list in this file will take. Reads its lines. Throws DataError.
  [[nodiscard]] static u64 memory(const std::string& path);
  // A line has a word and its count, with blanks between. Words are folded as the hash text; counts
  // of equal ones are added. Throws DataError (file, line).
  explicit WordFrequencies(const std::string& path);

  // Of the word of this hash (XXH3-64, folded); 1 for one that is not in the list.
  [[nodiscard]] u64 count(u64 hash) const {
    const auto found = counts_.find(hash);
    return found == counts_.end() ? 1 : found->second;
  }
  [[nodiscard]] u64 total() const { return total_; }

 private:
  std::unordered_map<u64, u64> counts_;
  u64 total_ = 0;
};

}  // namespace shardmill
