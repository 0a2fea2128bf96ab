#include "operators/dedup/candidates.hpp"

#include <algorithm>
#include <cstring>

#include "engine/algorithm/group_by.hpp"
#include "engine/exchange/partition.hpp"
#include "engine/exchange/shuffle.hpp"
#include "engine/hash/hash.hpp"
#include "operators/dedup/recent_pairs.hpp"

namespace shardmill {
namespace {

// A document in a bucket; in order of priority.
struct Entry {
  u64 bucket = 0;
  u64 node = 0;
  u64 key = 0;
  auto operator<=>(const Entry&) const = default;
  [[nodiscard]] u64 leading() const { return bucket; }
  [[nodiscard]] u64 following() const { return node; }
};

// A document that is beyond the head of a bucket.
struct Crowded {
  u64 key = 0;
  u64 bucket = 0;
  auto operator<=>(const Crowded&) const = default;
  [[nodiscard]] u64 leading() const { return key; }
};

std::span<const u32> as_signature(std::string_view sketch, std::vector<u32>& buffer) {
  buffer.resize(sketch.size() / sizeof(u32));
  std::memcpy(buffer.data(), sketch.data(), sketch.size());
  return buffer;
}

// Compares each member with the first `head` of its bucket; hands on who is beyond.
template <class OnCrowded>
void meet(Group<Entry>& bucket, u32 head, Cluster& cluster, RecentPairs& recent,
          Shuffle<Candidate>& pairs, OnCrowded&& on_crowded) {
  std::vector<Entry> best;
  while (const Entry* member = bucket.next()) {
    const bool foreign = DocKey{member->key}.foreign();
    for (const Entry& better : best) {
      if (foreign) break;
      if (recent.seen(better.key, member->key)) continue;
      pairs.put(owner_of(mix64(better.key), cluster.size()),
                {better.key, member->key, better.node, member->node});
    }
    if (best.size() < head) {
      best.push_back(*member);
    } else {
      on_crowded(*member);
    }
  }
}

u64 second_bucket(u64 first, u64 second) { return mix64(first + mix64(second)); }

}  // namespace

void buckets_of(std::span<const u32> signature, const Bands& bands, std::vector<u64>& out) {
  out.clear();
  if (std::all_of(signature.begin(), signature.end(), [](u32 m) { return m == UINT32_MAX; }))
    return;
  for (u32 band = 0; band < bands.count; ++band) {
    const std::span<const u32> rows = signature.subspan(std::size_t{band} * bands.rows, bands.rows);
    out.push_back(
        hash64({reinterpret_cast<const char*>(rows.data()), rows.size() * sizeof(u32)}, band));
  }
}

Records<Candidate> find_candidates(Cluster& cluster, const Bands& bands, const Ranking& ranking,
                                   Sketches& sketches) {
  const auto bucket_key = [](const Entry& entry) { return entry.bucket; };
  std::vector<u32> signature;
  std::vector<u64> buckets;

  Records<Entry> entries(cluster, "minhash.bands", cluster.budget.lease("minhash.bands", 0.1));
  ranking.for_each(sketches, [&](u64 node, DocKey key, std::string_view sketch) {
    buckets_of(as_signature(sketch, signature), bands, buckets);
    for (const u64 bucket : buckets) entries.push({bucket, node, key.value});
  });

  Shuffle<Candidate> pairs(cluster, "minhash.pairs", cluster.budget.lease("minhash.pairs", 0.15));
  const Lease table = cluster.budget.lease("minhash.recent", 0.05);
  // 4 million pairs at most: a table that outgrows the caches by far costs more than it saves.
  RecentPairs recent(std::min(table.bytes(), u64{64} << 20));
  Shuffle<Crowded> crowded(cluster, "minhash.crowded",
                           cluster.budget.lease("minhash.crowded", 0.02));
  group_by(cluster, "minhash.buckets", std::move(entries), bucket_key, [&](Group<Entry>& bucket) {
    meet(bucket, bands.head, cluster, recent, pairs, [&](const Entry& member) {
      crowded.put(sketches.home(DocKey{member.key}), {member.key, member.bucket});
    });
  });
  Records<Crowded> hot = crowded.finish();
  hot.sort();

  // A pair that shares bands b < b2, both crowded, meets in (b, b2); in b2 alone it would meet only
  // within the head, where it has met already. So b2 > b is enough.
  Records<Entry> second(cluster, "minhash.second", cluster.budget.lease("minhash.second", 0.1));
  auto next_hot = hot.cursor();
  const Crowded* at = next_hot.next();
  ranking.for_each(sketches, [&](u64 node, DocKey key, std::string_view sketch) {
    if (at == nullptr || at->key != key.value) return;
    buckets_of(as_signature(sketch, signature), bands, buckets);
    for (; at != nullptr && at->key == key.value; at = next_hot.next()) {
      const auto band = std::find(buckets.begin(), buckets.end(), at->bucket);
      for (auto other = band == buckets.end() ? band : band + 1; other != buckets.end(); ++other) {
        second.push({second_bucket(*band, *other), node, key.value});
      }
    }
  });
  group_by(cluster, "minhash.second_buckets", std::move(second), bucket_key,
           [&](Group<Entry>& bucket) {
             meet(bucket, bands.head, cluster, recent, pairs, [](const Entry&) {});
           });

  Records<Candidate> found = pairs.finish();
  found.sort();
  Records<Candidate> distinct(cluster, "minhash.candidates",
                              cluster.budget.lease("minhash.candidates", 0.1));
  Candidate last;
  found.for_each([&](const Candidate& pair) {
    if (pair != last) distinct.push(pair);
    last = pair;
  });
  distinct.sort();
  return distinct;
}

}  // namespace shardmill
