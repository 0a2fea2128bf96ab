// Fragments: the pieces of input that one rank reads and commits at a time.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "engine/batch/doc_key.hpp"
#include "engine/store/catalog.hpp"

namespace shardmill {

// Small enough that a corpus of a gigabyte keeps some ranks equally busy.
inline constexpr u64 kFragmentBytes = u64{32} << 20;

// A file version, or the records of it that begin in [begin, end) of its bytes.
struct Piece {
  u64 ordinal = 0;
  u64 begin = 0;
  u64 end = UINT64_MAX;
};

struct Fragment {
  u32 epoch = 0;
  u64 bytes = 0;  // as the files lie on disk
  std::vector<Piece> pieces;
};

// Cut from the catalogue alone, so that ranks, memory and tombstones change nothing: the versions
// of one epoch in ordinal order, packed until they reach `limit`; a file larger than `limit` is
// alone, and cut into ranges when it is plain. `splittable(version)`: whether a file may be cut at
// all.
[[nodiscard]] std::vector<Fragment> cut_fragments(
    const Catalog& catalog, const std::function<bool(const FileVersion&)>& splittable,
    u64 limit = kFragmentBytes);

// Longest first to the least loaded rank, computed identically everywhere: rank of each weight.
[[nodiscard]] std::vector<Rank> assign_longest_first(const std::vector<u64>& weights, u32 ranks);

// From a document to its fragment.
class FragmentIndex {
 public:
  explicit FragmentIndex(const std::vector<Fragment>& fragments);
  // Position in the list of fragments; InternalError for a key that no fragment holds.
  [[nodiscard]] std::size_t of(DocKey key) const;
  // The same; nothing for a key before all fragments.
  [[nodiscard]] std::optional<std::size_t> find(DocKey key) const;

 private:
  struct Start {
    DocKey first;
    std::size_t fragment;
  };
  std::vector<Start> starts_;  // sorted by first key
};

}  // namespace shardmill
