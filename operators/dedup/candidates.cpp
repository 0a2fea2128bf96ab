#include "operators/dedup/candidates.hpp"

#include "engine/exchange/partition.hpp"
#include "engine/hash/hash.hpp"
#include "engine/records/ascending.hpp"
#include "operators/dedup/meeting.hpp"
#include "operators/dedup/send_keys.hpp"

namespace shardmill {
namespace {

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
    if (pair.from != 0) return;
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
  Records<u64> displaced(cluster, "minhash.not_displaced",
                         cluster.budget.lease("minhash.not_displaced", 0.02));  // at home
  for (;;) {
    Met met = meet(cluster, bands, ranking, sketches, LookedAt{known.fresh(), displaced});
    Records<u64> home = send_keys(cluster, "minhash.displaced_home", met.displaced,
                                  [&](u64 key) { return sketches.home(DocKey{key}); });
    met.displaced.give_back();
    Records<u64> all = distinct(cluster, "minhash.displaced_all", 0.02, displaced, home);
    home.give_back();
    if (cluster.control.any(all.size() > displaced.size())) {
      // Who joins those beyond a head may displace others there: looked at as long as there are
      // any.
      displaced = std::move(all);
      continue;
    }
    all.give_back();
    Records<u64> decisive =
        distinct(cluster, "minhash.decisive_now", 0.02, met.heads, known.decisive());
    met.heads.give_back();
    if (known.stands()) {
      return {distinct(cluster, met.pairs), std::move(decisive)};
    }
    Records<u64> in_doubt = send_keys(cluster, "minhash.in_doubt", displaced, [&](u64 key) {
      return owner_of(mix64(key), cluster.size());
    });
    Records<Candidate> pairs = believed(cluster, known, in_doubt);
    in_doubt.give_back();
    const Records<Candidate> before = ranking.place(cluster, sketches, std::move(pairs));
    return {distinct(cluster, "minhash.candidates", 0.1, met.pairs, before), std::move(decisive)};
  }
}

}  // namespace shardmill
