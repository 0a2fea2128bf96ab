#include "operators/dedup/bucket_filter.hpp"

#include <bit>

#include "engine/exchange/shuffle.hpp"

namespace shardmill {

BucketFilter::BucketFilter(Cluster& cluster, const std::string& name, const Records<u64>& mine)
    : lease_(cluster.budget.lease(name + ".filter", 0.05)) {
  Shuffle<u64> told(cluster, name, cluster.budget.lease(name, 0.05));
  mine.for_each([&](u64 bucket) {
    for (u32 rank = 0; rank < cluster.size(); ++rank) told.put(Rank{rank}, bucket);
  });
  const Records<u64> all = told.finish();
  // 16 bits a bucket, where memory has them: one in 16 of the others is looked at in vain.
  const u64 wanted = std::bit_ceil(std::max<u64>(all.size() * 16, 1024));
  const u64 bits = std::min(wanted, std::bit_floor(lease_.bytes() * 8));
  shift_ = 64 - static_cast<unsigned>(std::countr_zero(bits));
  bits_.resize(bits / 64);
  all.for_each([&](u64 bucket) { bits_[place(bucket) / 64] |= u64{1} << place(bucket) % 64; });
}

}  // namespace shardmill
