#include "operators/dedup/decide.hpp"

#include <optional>

#include "engine/algorithm/connected_components.hpp"
#include "engine/algorithm/independent_set.hpp"
#include "engine/exchange/partition.hpp"
#include "engine/exchange/shuffle.hpp"
#include "engine/hash/hash.hpp"
#include "engine/records/ascending.hpp"

namespace shardmill {
namespace {

// Nodes of the ranking with their documents.
struct Named {
  u64 node = 0;
  u64 key = 0;
  auto operator<=>(const Named&) const = default;
  [[nodiscard]] u64 leading() const { return node; }
};

// A node and the better one it goes for; the key of the node, where it is known.
struct Goes {
  u64 node = 0;
  u64 witness = 0;
  u64 key = 0;
  auto operator<=>(const Goes&) const = default;
  [[nodiscard]] u64 leading() const { return node; }
};

Rank owner(Cluster& cluster, u64 node) { return owner_of(mix64(node), cluster.size()); }

// Pairs at the owner of their worse node, by (worse, better).
Records<SimilarPair> pairs_by_worse(Cluster& cluster, const std::string& name,
                                    const Records<SimilarPair>& similar) {
  Shuffle<SimilarPair> routed(cluster, name + ".by_worse",
                              cluster.budget.lease(name + ".by_worse", 0.1));
  similar.for_each([&](const SimilarPair& pair) { routed.put(owner(cluster, pair.worse), pair); });
  Records<SimilarPair> arrived = routed.finish();
  arrived.sort();
  return arrived;
}

// Of pairs asked for in ascending order; null when it is not there.
const SimilarPair* find_pair(Ascending<SimilarPair>& pairs, u64 worse, u64 better) {
  const SimilarPair* at = pairs.find(worse);
  for (; at != nullptr && at->better < better; at = pairs.find(worse)) pairs.pass();
  return at != nullptr && at->better == better ? at : nullptr;
}

// The document of every node in a pair, at the owner of the node, by node.
Records<Named> name_nodes(Cluster& cluster, const std::string& name,
                          const Records<SimilarPair>& similar) {
  Shuffle<Named> routed(cluster, name + ".names", cluster.budget.lease(name + ".names", 0.05));
  similar.for_each([&](const SimilarPair& pair) {
    routed.put(owner(cluster, pair.worse), {pair.worse, pair.worse_key});
    routed.put(owner(cluster, pair.better), {pair.better, pair.better_key});
  });
  Records<Named> arrived = routed.finish();
  arrived.sort();
  return arrived;
}

u64 key_of(Ascending<Named>& names, u64 node) {
  const Named* named = names.find(node);
  if (named == nullptr) throw InternalError("a node without a document");
  return named->key;
}

}  // namespace

Records<SimilarPair> believe_candidates(Cluster& cluster, Records<Candidate>&& candidates) {
  const Records<Candidate> pairs = std::move(candidates);
  Records<SimilarPair> similar(cluster, "minhash.similar",
                               cluster.budget.lease("minhash.similar", 0.1));
  pairs.for_each([&](const Candidate& pair) {
    similar.push({pair.worse, pair.better, pair.worse_key, pair.better_key, 0, 0});
  });
  return similar;
}

void drop_beside_witness(Cluster& cluster, const std::string& name,
                         const Records<SimilarPair>& similar, u32 step, Records<Verdict>& drops) {
  Records<KeepEdge> edges(cluster, name + ".keep", cluster.budget.lease(name + ".keep", 0.05));
  similar.for_each([&](const SimilarPair& pair) { edges.push({pair.better, pair.worse}); });
  const Records<Dropped> decided = independent_set(cluster, name + ".decide", std::move(edges));

  Shuffle<Goes> routed(cluster, name + ".goes", cluster.budget.lease(name + ".goes", 0.05));
  decided.for_each([&](const Dropped& dropped) {
    routed.put(owner(cluster, dropped.node), {dropped.node, dropped.witness, 0});
  });
  Records<Goes> goes = routed.finish();
  goes.sort();
  const Records<SimilarPair> pairs = pairs_by_worse(cluster, name, similar);
  Ascending next(pairs);
  goes.for_each([&](const Goes& one) {
    const SimilarPair* pair = find_pair(next, one.node, one.witness);
    if (pair == nullptr) throw InternalError("a drop without a similar pair");
    drops.push({DocKey{pair->worse_key}, DocKey{pair->better_key}, step, 0, pair->score_num,
                pair->score_den});
  });
}

void drop_beside_better(Cluster& cluster, const std::string& name,
                        const Records<SimilarPair>& similar, u32 step, Records<Verdict>& drops) {
  std::optional<u64> last;
  pairs_by_worse(cluster, name, similar).for_each([&](const SimilarPair& pair) {
    if (pair.worse == last || DocKey{pair.worse_key}.foreign()) return;
    last = pair.worse;
    drops.push(
        {DocKey{pair.worse_key}, DocKey{pair.better_key}, step, 0, pair.score_num, pair.score_den});
  });
}

void drop_all_but_best(Cluster& cluster, const std::string& name,
                       const Records<SimilarPair>& similar, u32 step, Records<Verdict>& drops) {
  Records<Edge> edges(cluster, name + ".closure", cluster.budget.lease(name + ".closure", 0.05));
  similar.for_each([&](const SimilarPair& pair) { edges.push({pair.better, pair.worse}); });
  Records<Label> labels = connected_components(cluster, name + ".closures", std::move(edges));
  labels.sort();
  const Records<Named> names = name_nodes(cluster, name, similar);

  // Who goes, with its document, and beside it its score where it is similar to the best one.
  const Records<SimilarPair> pairs = pairs_by_worse(cluster, name, similar);
  struct Scored {
    u64 witness = 0;
    u64 key = 0;
    u64 score_num = 0;
    u64 score_den = 0;
    auto operator<=>(const Scored&) const = default;
  };
  Shuffle<Scored> routed(cluster, name + ".scored", cluster.budget.lease(name + ".scored", 0.05));
  {
    Ascending next_name(names);
    Ascending next_pair(pairs);
    labels.for_each([&](const Label& label) {
      const u64 key = key_of(next_name, label.node);
      if (label.node == label.root || DocKey{key}.foreign()) return;
      const SimilarPair* pair = find_pair(next_pair, label.node, label.root);
      routed.put(owner(cluster, label.root),
                 {label.root, key, pair != nullptr ? pair->score_num : 0,
                  pair != nullptr ? pair->score_den : 0});
    });
  }
  Records<Scored> scored = routed.finish();
  scored.sort();
  Ascending next_name(names);
  scored.for_each([&](const Scored& one) {
    const DocKey witness{key_of(next_name, one.witness)};
    drops.push({DocKey{one.key}, witness, step, 0, one.score_num, one.score_den});
  });
}

}  // namespace shardmill
