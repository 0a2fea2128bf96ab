#include "operators/dedup/signature/signer.hpp"

#include <algorithm>
#include <limits>
#include <string>

namespace shardmill {

Signer::Signer(u32 hashes, u64 seed, const Kernel* kernel)
    : hashes_(hashes),
      family_(hashes, seed),
      kernel_(kernel),
      minima_(family_.a.size(), std::numeric_limits<u32>::max()) {}

void Signer::add(std::span<const u64> shingles) {
  kernel_->lower(family_, shingles, minima_.data());
}

void Signer::finish(std::span<u32> out) {
  if (out.size() != hashes_) {
    throw InternalError("a signature of " + std::to_string(hashes_) + " values into room for " +
                        std::to_string(out.size()));
  }
  std::copy_n(minima_.begin(), hashes_, out.begin());
  std::fill(minima_.begin(), minima_.end(), std::numeric_limits<u32>::max());
}

}  // namespace shardmill
