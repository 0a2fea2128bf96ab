#include "operators/dedup/candidates.hpp"

#include "engine/exchange/partition.hpp"
#include "engine/exchange/shuffle.hpp"
#include "engine/hash/hash.hpp"
#include "engine/records/ascending.hpp"
#include "operators/dedup/meeting.hpp"

namespace shardmill {
namespace {

Records<u64> keys(Cluster& cluster, const std::string& name) {
  return Records<u64>(cluster, name, cluster.budget.lease(name, 0.02));
}

// Each key at the rank that `where` says, sorted.
template <class Where>
Records<u64> send(Cluster& cluster, const std::string& name, const Records<u64>& mine,
                  Where&& where) {
  Shuffle<u64> routed(cluster, name, cluster.budget.lease(name, 0.02));
  mine.for_each([&](u64 key) { routed.put(where(key), key); });
  Records<u64> arrived = routed.finish();
  arrived.sort();
  return arrived;
}

// All of two sorted sequences, each record once, sorted.
template <class T>
Records<T> distinct(Cluster& cluster, const std::string& name, double share, const Records<T>& a,
                    const Records<T>& b) {
  Records<T> all(cluster, name, cluster.budget.lease(name, share));
  auto next_a = a.cursor();
  auto next_b = b.cursor();
  const T* at_a = next_a.next();
  const T* at_b = next_b.next();
  std::optional<T> last;
  while (at_a != nullptr || at_b != nullptr) {
    const bool take_a = at_b == nullptr || (at_a != nullptr && *at_a < *at_b);
    const T one = take_a ? *at_a : *at_b;
    (take_a ? at_a : at_b) = take_a ? next_a.next() : next_b.next();
    if (last != one) all.push(one);
    last = one;
  }
  all.sort();
  return all;
}

Records<Candidate> distinct(Cluster& cluster, const Records<Candidate>& pairs) {
  const Records<Candidate> none(cluster, "minhash.none", cluster.budget.lease("minhash.none", 0));
  return distinct(cluster, "minhash.candidates", 0.1, pairs, none);
}

// Those of before that are still candidates. `displaced`: at the owners of their pairs, sorted.
Records<Candidate> believed(Cluster& cluster, const Recollection& known,
                            const Records<u64>& displaced) {
  Records<Candidate> pairs(cluster, "minhash.believed",
                           cluster.budget.lease("minhash.believed", 0.1));
  Ascending in_doubt(displaced);
  known.pairs().for_each([&](const ComparedPair& pair) {
    if (known.gone(pair.better_key) || known.gone(pair.worse_key)) return;
    if (!in_doubt.has(pair.better_key)) pairs.push({pair.better_key, pair.worse_key, 0, 0});
  });
  return pairs;
}

}  // namespace

Candidates find_candidates(Cluster& cluster, const Bands& bands, const Ranking& ranking,
                           Sketches& sketches, const Recollection& known) {
  if (!known.complete()) {
    Met met = meet(cluster, bands, ranking, sketches, std::nullopt);
    return {distinct(cluster, met.pairs), std::move(met.heads)};
  }
  Records<u64> displaced = keys(cluster, "minhash.no_displaced");  // at home
  for (;;) {
    Met met = meet(cluster, bands, ranking, sketches, LookedAt{known.fresh(), displaced});
    const Records<u64> home = send(cluster, "minhash.displaced_home", met.displaced,
                                   [&](u64 key) { return sketches.home(DocKey{key}); });
    Records<u64> all = distinct(cluster, "minhash.displaced_all", 0.02, displaced, home);
    if (cluster.control.any(all.size() > displaced.size())) {
      // Who joins those beyond a head may displace others there: looked at as long as there are
      // any.
      displaced = std::move(all);
      continue;
    }
    Records<u64> decisive =
        distinct(cluster, "minhash.decisive_now", 0.02, met.heads, known.decisive());
    if (known.stands()) {
      return {distinct(cluster, met.pairs), std::move(decisive)};
    }
    const Records<u64> in_doubt = send(cluster, "minhash.in_doubt", displaced, [&](u64 key) {
      return owner_of(mix64(key), cluster.size());
    });
    const Records<Candidate> before =
        ranking.place(cluster, sketches, believed(cluster, known, in_doubt));
    return {distinct(cluster, "minhash.candidates", 0.1, met.pairs, before), std::move(decisive)};
  }
}

}  // namespace shardmill
