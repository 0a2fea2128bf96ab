#include "operators/dedup/verify.hpp"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include "cluster/watchdog.hpp"
#include "engine/algorithm/connected_components.hpp"
#include "engine/batch/wire.hpp"
#include "engine/exchange/partition.hpp"
#include "engine/exchange/shuffle.hpp"
#include "engine/hash/hash.hpp"
#include "operators/dedup/rounds.hpp"
#include "operators/dedup/shingle_bitmap.hpp"
#include "operators/dedup/shingle_sets.hpp"

namespace shardmill {
namespace {

// Shingles in a row of the exchange, 32 KiB: many documents of millions of shingles, merged from
// many runs, must not meet in memory as a whole.
constexpr std::size_t kShinglesInRow = std::size_t{1} << 12;

// A candidate in the connected component it belongs to. Within one, all pairs of a worse document
// come together: in a template family, where few are better than a million others, a part of the
// pairs has few documents then.
struct RootedPair {
  u64 root = 0;
  Candidate pair;
  auto operator<=>(const RootedPair& other) const {
    return std::tuple(root, pair.worse_key, pair.better_key) <=>
           std::tuple(other.root, other.pair.worse_key, other.pair.better_key);
  }
  bool operator==(const RootedPair& other) const { return (*this <=> other) == 0; }
  [[nodiscard]] u64 leading() const { return root; }
  [[nodiscard]] u64 following() const { return pair.worse_key; }
};

Records<Label> label_components(Cluster& cluster, const Records<Candidate>& candidates) {
  Records<Edge> edges(cluster, "minhash.edges", cluster.budget.lease("minhash.edges", 0.05));
  candidates.for_each([&](const Candidate& pair) {
    edges.push({pair.better_key, pair.worse_key});
  });
  Records<Label> labels = connected_components(cluster, "minhash.components", std::move(edges));
  labels.sort();
  return labels;
}

// The smallest intersection with which a pair reaches the threshold n/d. Jaccard: x / (a + b - x)
// >= n / d, so x >= n (a + b) / (n + d). Containment: x / b >= n / d.
u64 least_common(const Similarity& similarity, u64 better, u64 worse) {
  const auto n = static_cast<u128>(similarity.threshold.numerator);
  const auto d = static_cast<u128>(similarity.threshold.denominator);
  const bool jaccard = similarity.measure == Measure::jaccard;
  const u128 above = jaccard ? n * (better + worse) : n * worse;
  const u128 below = jaccard ? n + d : d;
  return static_cast<u64>((above + below - 1) / below);
}

// A pair is verified at the owner of its worse document: in a template family with a few best
// documents and a million others, the few travel to every rank and the million only once each.
Rank verifier(const Cluster& cluster, u64 worse_key) {
  return owner_of(mix64(worse_key), cluster.size());
}

// A document whose shingles a rank needs, with its component.
struct Needed {
  u64 key = 0;
  u64 root = 0;
  u64 rank = 0;
  auto operator<=>(const Needed&) const = default;
  [[nodiscard]] u64 leading() const { return key; }
  [[nodiscard]] u64 following() const { return root; }
};

// Computes the shingles of documents at home here, with repeats and in their order in the text, and
// sends them to the ranks that need them.
Rows send_sets(Cluster& cluster, const Similarity& similarity, const Records<Needed>& needed,
               Sketches& sketches) {
  Records<Wanted> wanted(cluster, "minhash.texts", cluster.budget.lease("minhash.texts", 0.05));
  u64 last = UINT64_MAX;
  needed.for_each([&](const Needed& one) {
    if (one.key != last) wanted.push({DocKey{one.key}, one.root});
    last = one.key;
  });
  wanted.sort();

  RowShuffle sets(cluster, "minhash.sets", cluster.budget.lease("minhash.sets", 0.25));
  Shingler shingler(similarity.shingles);
  std::vector<Rank> needing;
  std::string key;
  auto next = needed.cursor();
  const Needed* at = next.next();
  sketches.for_each_text(wanted, [&](const Wanted& document, std::string_view text) {
    needing.clear();
    for (; at != nullptr && at->key == document.key.value; at = next.next()) {
      needing.push_back(Rank{narrow<u32>(at->rank)});
    }
    key.clear();
    append_sortable(key, document.tag);
    append_sortable(key, document.key.value);
    u64 place = 0;
    shingler.shingles(text, [&](std::span<const u64> shingles) {
      while (!shingles.empty()) {
        const auto row = shingles.first(std::min(kShinglesInRow, shingles.size()));
        append_sortable(key, place);
        for (const Rank rank : needing) {
          sets.put(rank, key, {reinterpret_cast<const char*>(row.data()), row.size_bytes()});
        }
        key.resize(2 * sizeof(u64));
        place += row.size();
        shingles = shingles.subspan(row.size());
      }
    });
  });
  Rows arrived = sets.finish();
  arrived.sort();
  return arrived;
}

u64 document_of(const Row& shingles) { return read_sortable(shingles.key.substr(sizeof(u64))); }

// Sends pairs to their verifiers, by component. Labels and candidates lie at the same rank, both in
// order of the (better) document; both are gone when this returns, before the sets need their room
// on scratch.
Records<RootedPair> route_pairs(Cluster& cluster, Records<Candidate>&& candidates) {
  const Records<Candidate> pairs = std::move(candidates);
  const Records<Label> labels = label_components(cluster, pairs);
  Shuffle<RootedPair> routed(cluster, "minhash.rooted",
                             cluster.budget.lease("minhash.rooted", 0.1));
  auto next_label = labels.cursor();
  const Label* label = next_label.next();
  pairs.for_each([&](const Candidate& pair) {
    while (label != nullptr && label->node < pair.better_key) label = next_label.next();
    if (label == nullptr || label->node != pair.better_key) {
      throw InternalError("a candidate document without a component");
    }
    routed.put(verifier(cluster, pair.worse_key), {label->root, pair});
  });
  Records<RootedPair> arrived = routed.finish();
  arrived.sort();
  return arrived;
}

// Asks the homes of all documents in these pairs, which are verified here, for their shingles,
// once.
Records<Needed> ask(Cluster& cluster, const Records<RootedPair>& pairs, const Sketches& sketches) {
  const u64 here = cluster.rank().value;
  // A document is in as many pairs as it has neighbours.
  Records<Needed> mentioned(cluster, "minhash.mentioned",
                            cluster.budget.lease("minhash.mentioned", 0.05));
  u64 last_worse = UINT64_MAX;
  pairs.for_each([&](const RootedPair& rooted) {
    const Candidate& pair = rooted.pair;
    if (pair.worse_key != last_worse) mentioned.push({pair.worse_key, rooted.root, here});
    last_worse = pair.worse_key;
    mentioned.push({pair.better_key, rooted.root, here});
  });
  mentioned.sort();

  Shuffle<Needed> asked(cluster, "minhash.wanted", cluster.budget.lease("minhash.wanted", 0.05));
  u64 last = UINT64_MAX;
  mentioned.for_each([&](const Needed& one) {
    if (one.key != last) asked.put(sketches.home(DocKey{one.key}), one);
    last = one.key;
  });
  Records<Needed> needed = asked.finish();
  needed.sort();
  return needed;
}

// Takes what is known of pairs, or learned of them, and keeps the similar ones.
class Judge {
 public:
  Judge(Cluster& cluster, const Similarity& similarity)
      : similar(cluster, "minhash.similar", cluster.budget.lease("minhash.similar", 0.1)),
        compared(cluster, "minhash.compared", cluster.budget.lease("minhash.compared", 0.05)),
        similarity_(similarity) {}

  // Whether sets of these sizes can be similar at all.
  [[nodiscard]] bool possible(u64 better_size, u64 worse_size) const {
    return std::min(better_size, worse_size) >= least_common(similarity_, better_size, worse_size);
  }
  // Whether what is known decides.
  [[nodiscard]] bool decides(const ComparedPair& known) const {
    return known.common != ComparedPair::kNotCounted ||
           !possible(known.better_size, known.worse_size);
  }
  void take(const Candidate& pair, ComparedPair known) {
    const bool committed = std::exchange(known.from, 0) == ComparedPair::kCommitted;
    if (!committed) compared.push(known);
    if (!possible(known.better_size, known.worse_size) ||
        known.common < least_common(similarity_, known.better_size, known.worse_size)) {
      return;
    }
    const u64 whole = similarity_.measure == Measure::jaccard
                          ? u64{known.better_size} + known.worse_size - known.common
                          : known.worse_size;
    similar.push({pair.worse, pair.better, pair.worse_key, pair.better_key, known.common, whole});
  }

  Records<SimilarPair> similar;
  Records<ComparedPair> compared;  // and not committed

 private:
  const Similarity& similarity_;
};

// Hands the judge what earlier runs have learned; returns the other candidates, in the same order
// and at the same ranks.
Records<Candidate> look_up(Cluster& cluster, const Records<ComparedPair>& known,
                           Records<Candidate>&& candidates, Judge& judge) {
  const Records<Candidate> all = std::move(candidates);
  Records<Candidate> open(cluster, "minhash.open", cluster.budget.lease("minhash.open", 0.1));
  const auto names = [](const auto& pair) { return std::pair(pair.better_key, pair.worse_key); };
  auto next = known.cursor();
  const ComparedPair* at = next.next();
  all.for_each([&](const Candidate& pair) {
    while (at != nullptr && names(*at) < names(pair)) at = next.next();
    std::optional<ComparedPair> found;  // what is committed, if there are several
    for (; at != nullptr && names(*at) == names(pair); at = next.next()) {
      if (judge.decides(*at) && (!found || found->from < at->from)) found = *at;
    }
    if (found) {
      judge.take(pair, *found);
    } else {
      open.push(pair);
    }
  });
  open.sort();
  return open;
}

// `shingles`: of every document in the pairs, by (root, key, place in the document).
void compare(Cluster& cluster, const Records<RootedPair>& pairs, const Rows& shingles, Judge& judge,
             Portion& portion) {
  const Lease memory = cluster.budget.lease("minhash.component", 0.1);
  ShingleSets sets(cluster.scratch, memory.bytes());
  const Lease table = cluster.budget.lease("minhash.numbers", 0.05);
  ShingleNumbers numbers(table.bytes());
  std::vector<u64> code;
  auto next_row = shingles.cursor();
  const Row* row = next_row.next();
  auto next_pair = pairs.cursor();
  const RootedPair* at = next_pair.next();
  while (at != nullptr) {
    const u64 root = at->root;
    sets.clear();
    numbers.clear();
    while (row != nullptr && read_sortable(row->key) == root) {
      const u64 key = document_of(*row);
      for (; row != nullptr && read_sortable(row->key) == root && document_of(*row) == key;
           row = next_row.next()) {
        numbers.add(row->payload);
      }
      numbers.encode(code);
      sets.add(key, code);
    }
    u64 last_worse = UINT64_MAX;
    u64 compared = 0;
    for (; at != nullptr && at->root == root; at = next_pair.next()) {
      const Candidate& pair = at->pair;
      if (pair.worse_key != last_worse) {
        const std::span<const u64> found = sets.get(pair.worse_key);
        code.assign(found.begin(), found.end());
        last_worse = pair.worse_key;
        // A component may be the work of minutes.
        portion.advance(std::exchange(compared, 0));
      }
      ++compared;
      const ShingleBitmap worse(code);
      const ShingleBitmap better(sets.get(pair.better_key));
      const u32 common = judge.possible(better.size(), worse.size())
                             ? narrow<u32>(better.common(worse))
                             : ComparedPair::kNotCounted;
      judge.take(pair, {pair.better_key, pair.worse_key, narrow<u32>(better.size()),
                        narrow<u32>(worse.size()), common});
    }
    portion.advance(compared);
  }
}

// Pairs that are verified here, all or in rounds.
void verify_at_owners(Cluster& cluster, const Similarity& similarity,
                      const Records<RootedPair>& pairs, Sketches& sketches, Judge& judge) {
  Rounds rounds(cluster, sketches.pairs(), Rounds::limits(cluster));
  Portion portion(cluster.watchdog, "comparing candidates", pairs.size(), "pairs");
  auto next = pairs.cursor();
  u64 left = pairs.size();
  for (bool more = true; more;) {
    const u64 n = std::min(left, rounds.pairs());
    std::optional<Records<RootedPair>> some;
    if (n < pairs.size()) {
      some.emplace(cluster, "minhash.round", cluster.budget.lease("minhash.round", 0.1));
      for (u64 i = 0; i < n; ++i) some->push(*next.next());
      some->sort();
    }
    const Records<RootedPair>& round = some ? *some : pairs;
    const Rows shingles = [&] {
      const Records<Needed> needed = ask(cluster, round, sketches);
      return send_sets(cluster, similarity, needed, sketches);
    }();
    compare(cluster, round, shingles, judge, portion);
    left -= n;
    more = rounds.another(left > 0, judge.compared);
  }
}

}  // namespace

Verified verify_candidates(Cluster& cluster, const Similarity& similarity,
                           Records<Candidate>&& candidates, const Records<ComparedPair>& known,
                           Sketches& sketches) {
  Judge judge(cluster, similarity);
  const u64 all = candidates.size();
  candidates = look_up(cluster, known, std::move(candidates), judge);
  const u64 recalled = all - candidates.size();
  const Records<RootedPair> pairs = route_pairs(cluster, std::move(candidates));
  const u64 compared = pairs.size();
  verify_at_owners(cluster, similarity, pairs, sketches, judge);
  return {std::move(judge.similar), std::move(judge.compared), recalled, compared, 0};
}

}  // namespace shardmill
