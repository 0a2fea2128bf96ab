#include "operators/tokenize/rank_queue.hpp"

#include <algorithm>
#include <functional>

namespace shardmill {

u32 RankQueue::new_bucket() {
  if (free_.empty()) {
    buckets_.emplace_back();
    return static_cast<u32>(buckets_.size() - 1);
  }
  const u32 bucket = free_.back();
  free_.pop_back();
  return bucket;
}

void RankQueue::push(u32 rank, u32 position) {
  if (rank >= bucket_of_.size()) bucket_of_.resize(std::size_t{rank} + 1, kNoBucket);
  if (bucket_of_[rank] == kNoBucket) {
    bucket_of_[rank] = new_bucket();
    ranks_.push_back(rank);
    std::push_heap(ranks_.begin(), ranks_.end(), std::greater<>());
  }
  Bucket& bucket = buckets_[bucket_of_[rank]];
  if (bucket.ascending.empty() || position >= bucket.ascending.back()) {
    bucket.ascending.push_back(position);
  } else {
    bucket.others.push_back(position);
    std::push_heap(bucket.others.begin(), bucket.others.end(), std::greater<>());
  }
}

std::optional<RankQueue::Entry> RankQueue::pop() {
  if (ranks_.empty()) return std::nullopt;
  const u32 rank = ranks_.front();
  Bucket& bucket = buckets_[bucket_of_[rank]];
  const bool listed = bucket.taken < bucket.ascending.size();
  u32 position = 0;
  if (listed && (bucket.others.empty() || bucket.ascending[bucket.taken] < bucket.others.front())) {
    position = bucket.ascending[bucket.taken++];
  } else {
    position = bucket.others.front();
    std::pop_heap(bucket.others.begin(), bucket.others.end(), std::greater<>());
    bucket.others.pop_back();
  }
  if (bucket.taken == bucket.ascending.size() && bucket.others.empty()) {
    bucket.ascending.clear();
    bucket.taken = 0;
    free_.push_back(bucket_of_[rank]);
    bucket_of_[rank] = kNoBucket;
    std::pop_heap(ranks_.begin(), ranks_.end(), std::greater<>());
    ranks_.pop_back();
  }
  return Entry{rank, position};
}

}  // namespace shardmill
