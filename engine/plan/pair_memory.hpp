// What comparing two documents has said, for the next run.
#pragma once

#include <functional>

#include "engine/records/records.hpp"

namespace shardmill {

// Two documents (DocKey values) and what their texts say of them, whatever the threshold.
struct ComparedPair {
  static constexpr u32 kNotCounted = UINT32_MAX;

  u64 better_key = 0;
  u64 worse_key = 0;
  u32 better_size = 0;  // elements of its set
  u32 worse_size = 0;
  u32 common = 0;  // kNotCounted: the sizes alone told them apart
  u32 unused = 0;
  auto operator<=>(const ComparedPair&) const = default;
  [[nodiscard]] u64 leading() const { return better_key; }
  [[nodiscard]] u64 following() const { return worse_key; }
};

// Of one step. It saves work and decides nothing: a pair that is forgotten is compared again.
class PairMemory {
 public:
  virtual ~PairMemory() = default;
  // Collective. Gives each pair of documents that both are what they were, at one rank or another,
  // in any order. `f` may put rows into an exchange.
  virtual void recall(Cluster& cluster, const std::function<void(const ComparedPair&)>& f) = 0;
  // Collective. Takes the place of all that was remembered. What all ranks give.
  virtual void remember(Cluster& cluster, const Records<ComparedPair>& pairs) = 0;
};

}  // namespace shardmill
