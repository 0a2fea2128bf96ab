#include "operators/dedup/recollection.hpp"

#include "engine/exchange/partition.hpp"
#include "engine/exchange/shuffle.hpp"
#include "engine/hash/hash.hpp"
#include "engine/records/ascending.hpp"

namespace shardmill {
namespace {

constexpr u64 kBytesInSet = 64;  // of a document in a hash set

}  // namespace

Recollection::Recollection(Cluster& cluster, Sketches& sketches, const std::string& by)
    : pairs_(cluster, "minhash.known", cluster.budget.lease("minhash.known", 0.1)),
      fresh_(cluster, "minhash.fresh", cluster.budget.lease("minhash.fresh", 0.02)),
      decisive_(cluster, "minhash.decisive", cluster.budget.lease("minhash.decisive", 0.02)) {
  PairMemory* memory = sketches.pairs();
  if (memory == nullptr) return;
  Shuffle<ComparedPair> pairs(cluster, "minhash.recalled",
                              cluster.budget.lease("minhash.recalled", 0.1));
  Shuffle<KnownDocument> documents(cluster, "minhash.documents",
                                   cluster.budget.lease("minhash.documents", 0.02));
  bool lost = false;
  const Recalled recalled = memory->recall(
      cluster,
      [&](const ComparedPair& pair) {
        pairs.put(owner_of(mix64(pair.better_key), cluster.size()), pair);
      },
      [&](const KnownDocument& document, bool still) {
        if (still) documents.put(sketches.home(DocKey{document.key}), document);
        lost = lost || (!still && document.decisive != 0);
      });
  pairs_ = pairs.finish();
  pairs_.sort();
  Records<KnownDocument> known = documents.finish();
  complete_ = !cluster.control.any(lost || !recalled.whole || recalled.by != by);
  if (complete_) compare(cluster, sketches, std::move(known));
}

void Recollection::compare(Cluster& cluster, Sketches& sketches, Records<KnownDocument>&& known) {
  const Records<KnownDocument> then = [&] {
    known.sort();
    return std::move(known);
  }();
  Shuffle<u64> gone(cluster, "minhash.gone", cluster.budget.lease("minhash.gone", 0.02));
  auto cursor = then.cursor();
  const KnownDocument* at = cursor.next();
  u64 all = 0;
  bool lost = false;
  const auto is_gone = [&](const KnownDocument& document) {
    for (u32 rank = 0; rank < cluster.size(); ++rank) gone.put(Rank{rank}, document.key);
    lost = lost || document.decisive != 0;
  };
  sketches.for_each_key([&](DocKey key) {
    ++all;
    for (; at != nullptr && at->key < key.value; at = cursor.next()) is_gone(*at);
    if (at == nullptr || at->key != key.value) {
      fresh_.push(key.value);
      return;
    }
    if (at->decisive != 0) decisive_.push(key.value);
    at = cursor.next();
  });
  for (; at != nullptr; at = cursor.next()) is_gone(*at);
  fresh_.sort();
  decisive_.sort();
  const Records<u64> everywhere = gone.finish();
  gone_memory_ = cluster.budget.lease("minhash.gone", 0.02);
  lost = lost || everywhere.size() > gone_memory_.bytes() / kBytesInSet;
  const std::vector<u64> counts = cluster.control.all_sum({fresh_.size(), all, lost ? 1U : 0U});
  complete_ = counts[2] == 0 && counts[0] < counts[1] / 4;
  if (!complete_) return;
  everywhere.for_each([&](u64 key) { gone_.insert(key); });
}

}  // namespace shardmill
