// Which buckets have a document that somebody looks at, on every rank.
#pragma once

#include <string>
#include <vector>

#include "engine/records/records.hpp"

namespace shardmill {

// A Bloom filter (Bloom, 1970) with one hash: a bucket is its own, and what is added is never
// missed.
class BucketFilter {
 public:
  // All buckets.
  BucketFilter() = default;
  // Collective. What any rank names. Communication: 8 bytes a bucket to every rank.
  BucketFilter(Cluster& cluster, const std::string& name, const Records<u64>& mine);

  [[nodiscard]] bool has(u64 bucket) const {
    return bits_.empty() || (bits_[place(bucket) / 64] >> place(bucket) % 64 & 1) != 0;
  }

 private:
  [[nodiscard]] u64 place(u64 bucket) const { return bucket >> shift_; }

  Lease lease_;
  unsigned shift_ = 0;
  std::vector<u64> bits_;  // a power of two; none: all buckets
};

}  // namespace shardmill
