// The signature of a document: minima of hash functions over its shingles (Broder, "On the
// resemblance and containment of documents", 1997).
#pragma once

#include <span>
#include <vector>

#include "operators/dedup/signature/minima_kernel.hpp"

namespace shardmill {

// Two signatures of one seed agree at each position with a probability of the Jaccard similarity of
// the shingle sets, up to a bias of at most 2^-10 for 2^22 shingles (32-bit values collide).
class Signer {
 public:
  Signer(u32 hashes, u64 seed, const Kernel* kernel = &best_kernel());

  [[nodiscard]] u32 hashes() const { return hashes_; }

  // Shingles of the document at hand, which may come in several parts.
  void add(std::span<const u64> shingles);
  // Puts the minimum of h_j (hash_family.hpp) over the document's shingles into out[j], and begins
  // the next document. Order, parts and repeats do not matter; without shingles every value is
  // 0xffffffff. `out` has hashes() elements.
  void finish(std::span<u32> out);

 private:
  u32 hashes_;
  HashFamily family_;
  const Kernel* kernel_;
  std::vector<u32> minima_;
};

}  // namespace shardmill
