// The takedown list of `exclude`, and what stands in the store for a document that is on it: its
// key and the hash of its id, nothing that it said.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "engine/hash/hash.hpp"

namespace shardmill {

// What a fragment has in the place of an id that was taken down: a byte that no id has, and the
// hash.
[[nodiscard]] std::string removed_id(std::string_view id);
[[nodiscard]] bool is_removed_id(std::string_view id);
// XXH3-128 of an id, or the one that a removed_id() has.
[[nodiscard]] Hash128 hash_of_id(std::string_view id);

// One id per line (LF; a CR before it is not part of the id); empty lines are nothing. Held as
// XXH3-128: about 40 bytes an id on every rank. Throws DataError when the file cannot be read.
class ExclusionList {
 public:
  explicit ExclusionList(const std::string& path);
  // Also of a removed_id().
  [[nodiscard]] bool contains(std::string_view id) const { return contains(hash_of_id(id)); }
  [[nodiscard]] bool contains(const Hash128& id) const { return ids_.contains(id); }
  [[nodiscard]] u64 size() const { return ids_.size(); }
  // The first line that looks as if it were meant otherwise, though it may be an id: with blanks
  // around it, JSON, a comment. 0: none.
  [[nodiscard]] u64 odd_line() const { return odd_line_; }
  // Changes exactly when the set of ids changes.
  [[nodiscard]] u64 fingerprint() const;

 private:
  struct Low {
    std::size_t operator()(const Hash128& id) const { return id.low; }
  };
  std::unordered_set<Hash128, Low> ids_;
  u64 odd_line_ = 0;
};

}  // namespace shardmill
