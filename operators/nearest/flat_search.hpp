// Pairs of vectors that may be near each other, found by matrix products in float32 (FAISS on
// BLAS).
//
// Floats propose, doubles decide: what is proposed contains all that cosine() would find, and a
// little more. Whoever calls scores each pair again, so that no result depends on the machine.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "cluster/types.hpp"

namespace shardmill {

// Positions among the queries and among the candidates.
struct ProposedPair {
  u32 query = 0;
  u32 candidate = 0;
  auto operator<=>(const ProposedPair&) const = default;
};

// Candidates, to be compared with any number of queries; all of them unit vectors of one length,
// one after the other. One thread.
class FlatSearch {
 public:
  // Whether the program was built with FAISS. If not, the constructor throws InternalError.
  [[nodiscard]] static bool available();
  // Of queries in one call, and of candidates where many pairs may be near: then a call needs at
  // most memory() beside the candidates.
  static constexpr std::size_t kQueries = 256;
  static constexpr std::size_t kCandidates = 1024;
  [[nodiscard]] static u64 memory() { return u64{16} << 20; }

  // Copies them: dimensions * 4 bytes each.
  FlatSearch(std::span<const float> candidates, std::size_t dimensions);
  ~FlatSearch();
  FlatSearch(FlatSearch&&) noexcept;
  FlatSearch& operator=(FlatSearch&&) noexcept;

  // Replaces `out` by all pairs whose cosine may be `least` or more, in their order.
  void propose(std::span<const float> queries, double least, std::vector<ProposedPair>& out) const;
  // Replaces `out` by all pairs where the candidate may be one of the `best` with the largest
  // cosine, in their order; at least `best` for each query, or all there are.
  void propose_best(std::span<const float> queries, std::size_t best,
                    std::vector<ProposedPair>& out) const;

 private:
  struct Index;
  std::unique_ptr<Index> index_;
};

}  // namespace shardmill
