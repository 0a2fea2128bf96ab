#include "operators/dedup/recollection.hpp"

#include "engine/exchange/partition.hpp"
#include "engine/exchange/shuffle.hpp"
#include "engine/hash/hash.hpp"
#include "operators/dedup/ranking.hpp"

namespace shardmill {
namespace {

constexpr u64 kBytesInSet = 64;  // of a document in a hash set

template <class T>
Records<T> records(Cluster& cluster, const std::string& name, double share = 0.02) {
  return Records<T>(cluster, name, cluster.budget.lease(name, share));
}

}  // namespace

Recollection::Recollection(Cluster& cluster, Sketches& sketches, const Rules& rules)
    : pairs_(records<ComparedPair>(cluster, "minhash.known", 0.1)),
      fresh_(records<u64>(cluster, "minhash.fresh")),
      decisive_(records<u64>(cluster, "minhash.decisive")),
      dropped_(records<u64>(cluster, "minhash.dropped")),
      drops_(records<Verdict>(cluster, "minhash.stand")),
      edges_(records<Edge>(cluster, "minhash.stand_edges")) {
  PairMemory* memory = sketches.pairs();
  if (memory == nullptr) return;
  Shuffle<KnownDocument> documents(cluster, "minhash.documents",
                                   cluster.budget.lease("minhash.documents", 0.02));
  bool lost = false;     // a document that others' pairs depend on
  bool changed = false;  // any
  const Recalled recalled = memory->recall(cluster, [&](const KnownDocument& document, bool still) {
    if (still) {
      documents.put(sketches.home(DocKey{document.key}), document);
    } else {
      changed = true;
      lost = lost || (document.facts & KnownDocument::kDecisive) != 0;
    }
  });
  Records<KnownDocument> then = documents.finish();
  then.sort();
  remembered_pairs_ = recalled.pairs;
  complete_ = !cluster.control.any(lost || !recalled.whole || recalled.by != rules.pairs);
  if (complete_) {
    const bool may_stand =
        rules.arrival && recalled.decided_by == rules.decisions && !cluster.control.any(changed);
    compare(cluster, sketches, then, may_stand);
  }
  if (stands_) recall_decisions(cluster, *memory);
  if (!stands_) {
    dropped_.give_back();
    drops_.give_back();
    edges_.give_back();
    recall_pairs(cluster, *memory);
  }
  recall_begun(cluster, *memory);
  pairs_.sort();
  if (pairs_.size() == 0) pairs_.give_back();
}

void Recollection::compare(Cluster& cluster, Sketches& sketches, const Records<KnownDocument>& then,
                           bool may_stand) {
  Shuffle<u64> gone(cluster, "minhash.gone", cluster.budget.lease("minhash.gone", 0.02));
  auto cursor = then.cursor();
  const KnownDocument* at = cursor.next();
  u64 all = 0;
  u64 last_known = 0;  // in order of arrival
  u64 first_fresh = UINT64_MAX;
  bool lost = false;
  const auto is_gone = [&](const KnownDocument& document) {
    for (u32 rank = 0; rank < cluster.size(); ++rank) gone.put(Rank{rank}, document.key);
    lost = lost || (document.facts & KnownDocument::kDecisive) != 0;
  };
  sketches.for_each_key([&](DocKey key) {
    ++all;
    for (; at != nullptr && at->key < key.value; at = cursor.next()) is_gone(*at);
    if (at == nullptr || at->key != key.value) {
      fresh_.push(key.value);
      first_fresh = std::min(first_fresh, arrival_of(key));
      return;
    }
    if ((at->facts & KnownDocument::kDecisive) != 0) decisive_.push(key.value);
    if ((at->facts & KnownDocument::kDropped) != 0) dropped_.push(key.value);
    last_known = std::max(last_known, arrival_of(key));
    at = cursor.next();
  });
  for (; at != nullptr; at = cursor.next()) is_gone(*at);
  fresh_.sort();
  decisive_.sort();
  dropped_.sort();
  const Records<u64> everywhere = gone.finish();
  gone_memory_ = cluster.budget.lease("minhash.gone", 0.02);
  lost = lost || everywhere.size() > gone_memory_.bytes() / kBytesInSet;
  const std::vector<u64> counts = cluster.control.all_sum({fresh_.size(), all, lost ? 1U : 0U});
  const std::vector<u64> ends = cluster.control.all_max({last_known, ~first_fresh});
  complete_ = counts[2] == 0 && counts[0] < counts[1] / 4;
  stands_ = may_stand && complete_ && everywhere.size() == 0 && ends[0] < ~ends[1];
  if (complete_) everywhere.for_each([&](u64 key) { gone_.insert(key); });
}

void Recollection::recall_decisions(Cluster& cluster, PairMemory& memory) {
  const bool whole = memory.recall_decisions(
      cluster, [&](const Verdict& drop) { drops_.push(drop); },
      [&](const Edge& edge) { edges_.push(edge); });
  stands_ = !cluster.control.any(!whole);
}

void Recollection::recall_pairs(Cluster& cluster, PairMemory& memory) {
  Shuffle<ComparedPair> pairs(cluster, "minhash.recalled",
                              cluster.budget.lease("minhash.recalled", 0.1));
  const bool whole = memory.recall_pairs(cluster, [&](const ComparedPair& pair) {
    pairs.put(owner_of(mix64(pair.better_key), cluster.size()), pair);
  });
  pairs_ = pairs.finish();
  complete_ = !cluster.control.any(!whole) && complete_;
}

void Recollection::recall_begun(Cluster& cluster, PairMemory& memory) {
  Shuffle<ComparedPair> pairs(cluster, "minhash.begun", cluster.budget.lease("minhash.begun", 0.1));
  const bool whole = memory.recall_begun(cluster, [&](const ComparedPair& pair) {
    pairs.put(owner_of(mix64(pair.better_key), cluster.size()), pair);
  });
  const Records<ComparedPair> arrived = pairs.finish();
  const bool goes_on = memory.goes_on(cluster, whole);
  arrived.for_each([&](ComparedPair pair) {
    pair.from = goes_on ? ComparedPair::kCommitted : ComparedPair::kBegun;
    pairs_.push(pair);
  });
}

}  // namespace shardmill
