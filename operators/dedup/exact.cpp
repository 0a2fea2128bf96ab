#include "operators/dedup/exact.hpp"

#include <cstring>

#include "engine/exchange/partition.hpp"
#include "engine/exchange/shuffle.hpp"
#include "engine/hash/hash.hpp"
#include "operators/dedup/ranking.hpp"

namespace shardmill {
namespace {

struct Entry {
  Hash128 content;
  u64 node = 0;
  DocKey key;
  auto operator<=>(const Entry&) const = default;
};

}  // namespace

std::size_t ExactDedup::sketch_bytes() const { return keep_.bytes() + sizeof(Hash128); }

void ExactDedup::sketch(const Batch& batch, std::string& out) {
  for (std::size_t row = 0; row < batch.size(); ++row) {
    keep_.append(batch, row, out);
    const Hash128 content = hash128(batch.text[row]);
    out.append(reinterpret_cast<const char*>(&content), sizeof content);
  }
}

void ExactDedup::resolve(Cluster& cluster, Sketches& sketches, u32 step, Findings& findings) {
  const Ranking ranking(cluster, "exact", keep_, sketches);
  Shuffle<Entry> by_content(cluster, "exact.contents", cluster.budget.lease("exact.contents", 0.2));
  ranking.for_each(sketches, [&](u64 node, DocKey key, std::string_view sketch) {
    Entry entry{{}, node, key};
    std::memcpy(&entry.content, sketch.data(), sizeof entry.content);
    by_content.put(owner_of(entry.content.high, cluster.size()), entry);
  });
  Records<Entry> entries = by_content.finish();
  entries.sort();
  Entry best;
  bool first = true;
  entries.for_each([&](const Entry& entry) {
    if (first || entry.content != best.content) {
      best = entry;
      first = false;
      return;
    }
    if (entry.key.foreign()) return;
    findings.drops.push({entry.key, best.key, step, 0, 1, 1});
    if (!best.key.foreign()) findings.edges.push({best.key.value, entry.key.value});
  });
}

}  // namespace shardmill
