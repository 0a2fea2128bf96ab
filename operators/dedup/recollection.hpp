// What dedup.minhash knows from its last run, and how its documents differ from those of then.
#pragma once

#include <optional>
#include <string>
#include <unordered_set>

#include "engine/plan/global_operator.hpp"

namespace shardmill {

class Recollection {
 public:
  // Collective. `by`: what candidates depend on beside the documents. Without a memory nothing is
  // known.
  Recollection(Cluster& cluster, Sketches& sketches, const std::string& by);

  // Pairs that were compared of documents that both are what they were, sorted, at
  // owner_of(mix64(better_key)).
  [[nodiscard]] const Records<ComparedPair>& pairs() const { return pairs_; }
  // Whether these pairs, but for those of documents that are gone(), are all candidates of the
  // documents that were there, and would be again without the fresh ones. Not so after another rule,
  // when a document is gone that others' pairs depend on, and when a quarter is fresh, which makes
  // everything anew sooner. The same on all ranks.
  [[nodiscard]] bool complete() const { return complete_; }
  // At home, sorted: who was not there. All that follows is of a complete one.
  [[nodiscard]] const Records<u64>& fresh() const { return fresh_; }
  // Documents at home here that pairs depended on, sorted.
  [[nodiscard]] const Records<u64>& decisive() const { return decisive_; }
  // Of any document in pairs().
  [[nodiscard]] bool gone(u64 key) const { return gone_.contains(key); }

 private:
  void compare(Cluster& cluster, Sketches& sketches, Records<KnownDocument>&& known);

  Records<ComparedPair> pairs_;
  Records<u64> fresh_;
  Records<u64> decisive_;
  Lease gone_memory_;
  std::unordered_set<u64> gone_;
  bool complete_ = false;
};

}  // namespace shardmill
