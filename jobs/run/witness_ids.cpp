#include "jobs/run/witness_ids.hpp"

#include "engine/batch/wire.hpp"
#include "engine/exchange/shuffle.hpp"
#include "jobs/run/fate.hpp"

namespace shardmill {

Rows fetch_witness_ids(Cluster& cluster, const Decided& decided) {
  struct Asked {
    DocKey witness;
    DocKey key;
    auto operator<=>(const Asked&) const = default;
  };
  Shuffle<Asked> questions(cluster, "ledger.witnesses",
                           cluster.budget.lease("ledger.witnesses", 0.05));
  for_each_fate(decided.pipeline, decided.documents, decided.resolution, decided.groups,
                decided.lineage,
                [&](const Documents::Block& block, std::size_t row, const Fate& fate) {
                  for (const Hit& hit : fate.hits) {
                    if (!hit.has_witness()) continue;
                    questions.put(decided.documents.home(hit.verdict->witness),
                                  {hit.verdict->witness, block.entries[row].key});
                  }
                });
  Records<Asked> asked = questions.finish();
  asked.sort();

  RowShuffle answers(cluster, "ledger.witness_ids",
                     cluster.budget.lease("ledger.witness_ids", 0.05));
  auto cursor = asked.cursor();
  const Asked* at = cursor.next();
  TextColumn ids;
  std::string key;
  const auto answer = [&](const Documents::Block& block) {
    if (at == nullptr || block.entries.empty() || block.entries.back().key < at->witness) return;
    block.fragment.ids(block.number, ids);
    for (std::size_t row = 0; row < block.entries.size(); ++row) {
      for (; at != nullptr && at->witness == block.entries[row].key; at = cursor.next()) {
        key.clear();
        append_sortable(key, at->key.value);
        answers.put(decided.documents.home(at->key), key, ids[row]);
      }
    }
  };
  decided.documents.for_each_block_anywhere(answer);
  if (at != nullptr) throw InternalError("a witness is not at home: " + at->witness.text());
  Rows arrived = answers.finish();
  arrived.sort();
  return arrived;
}

}  // namespace shardmill
