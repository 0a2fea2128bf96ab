// The takedown list of `exclude`.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>

#include "engine/hash/hash.hpp"

namespace shardmill {

// One id per line (LF; a CR before it is not part of the id); empty lines are nothing. Held as
// XXH3-128: about 40 bytes an id on every rank. Throws DataError when the file cannot be read.
class ExclusionList {
 public:
  explicit ExclusionList(const std::string& path);
  [[nodiscard]] bool contains(std::string_view id) const { return ids_.contains(hash128(id)); }
  // Changes exactly when the set of ids changes.
  [[nodiscard]] u64 fingerprint() const;

 private:
  struct Low {
    std::size_t operator()(const Hash128& id) const { return id.low; }
  };
  std::unordered_set<Hash128, Low> ids_;
};

}  // namespace shardmill
