// What dedup.minhash knows from its last run, and how its documents differ from those of then.
#pragma once

#include <optional>
#include <string>
#include <unordered_set>

#include "engine/plan/global_operator.hpp"

namespace shardmill {

class Recollection {
 public:
  struct Rules {
    std::string pairs;      // what candidates depend on beside the documents
    std::string decisions;  // and what is decided on them
    bool arrival = false;   // decisions on documents never depend on those that come later
  };

  // Collective. Without a memory nothing is known.
  Recollection(Cluster& cluster, Sketches& sketches, const Rules& rules);

  // Whether what is known of pairs, but for those of documents that are gone(), is all candidates
  // that the documents of then had, and would be again without the fresh ones. Not so after another
  // rule, when a document is gone that others' pairs depend on, and when a quarter is fresh, which
  // makes everything anew sooner. The same on all ranks.
  [[nodiscard]] bool complete() const { return complete_; }
  // At home, sorted: who was not there. This and what follows is of a complete one.
  [[nodiscard]] const Records<u64>& fresh() const { return fresh_; }
  // Documents at home here that pairs depended on, sorted.
  [[nodiscard]] const Records<u64>& decisive() const { return decisive_; }
  // Of any document in pairs().
  [[nodiscard]] bool gone(u64 key) const { return gone_.contains(key); }

  // Whether all that was decided stands: nothing is gone, everything fresh comes later, and rules()
  // say that this is enough. Implies complete(). The same on all ranks.
  [[nodiscard]] bool stands() const { return stands_; }
  // Of one that stands: what was decided, at one rank or another, and at home, sorted, who went.
  [[nodiscard]] const Records<Verdict>& drops() const { return drops_; }
  [[nodiscard]] const Records<Edge>& edges() const { return edges_; }
  [[nodiscard]] const Records<u64>& dropped() const { return dropped_; }
  // Of all ranks.
  [[nodiscard]] u64 remembered_pairs() const { return remembered_pairs_; }

  // Pairs that were compared of documents that both are what they were, sorted, at
  // owner_of(mix64(better_key)). Of one that stands only those of a run that has not ended.
  [[nodiscard]] const Records<ComparedPair>& pairs() const { return pairs_; }

 private:
  void compare(Cluster& cluster, Sketches& sketches, const Records<KnownDocument>& then,
               bool may_stand);
  void recall_decisions(Cluster& cluster, PairMemory& memory);
  void recall_pairs(Cluster& cluster, PairMemory& memory);
  void recall_begun(Cluster& cluster, PairMemory& memory);

  Records<ComparedPair> pairs_;
  Records<u64> fresh_;
  Records<u64> decisive_;
  Records<u64> dropped_;
  Records<Verdict> drops_;
  Records<Edge> edges_;
  Lease gone_memory_;
  std::unordered_set<u64> gone_;
  u64 remembered_pairs_ = 0;
  bool complete_ = false;
  bool stands_ = false;
};

}  // namespace shardmill
