#include "operators/dedup/newcomers.hpp"

#include <algorithm>
#include <span>
#include <unordered_set>
#include <vector>

#include "engine/exchange/partition.hpp"
#include "engine/exchange/shuffle.hpp"
#include "engine/hash/hash.hpp"
#include "engine/records/ascending.hpp"
#include "operators/dedup/ranking.hpp"

namespace shardmill {
namespace {

// Foreign documents are all kept, and nobody joins them: one group in which only the first that is
// similar matters.
constexpr u64 kForeignGroup = UINT64_MAX;

// A document that a fresh one may be similar to, in the order in which they are compared. Documents
// are named by their arrival.
struct Option {
  u64 fresh = 0;
  u64 group = 0;    // by its smallest key
  u64 dropped = 0;  // 1: no witness
  u64 other = 0;
  auto operator<=>(const Option&) const = default;
  [[nodiscard]] u64 leading() const { return fresh; }
  [[nodiscard]] u64 following() const { return group; }
};

Rank owner(const Cluster& cluster, u64 key) { return owner_of(mix64(key), cluster.size()); }

// At the owners of the fresh documents, who verify their pairs.
Records<Option> list_options(Cluster& cluster, Records<Candidate>&& candidates,
                             const Recollection& known) {
  const Records<Candidate> pairs = std::move(candidates);
  Records<Edge> edges(cluster, "minhash.old_edges",
                      cluster.budget.lease("minhash.old_edges", 0.05));
  known.edges().for_each([&](const Edge& edge) { edges.push(edge); });
  Records<Label> labels = connected_components(cluster, "minhash.old_groups", std::move(edges));
  labels.sort();
  Shuffle<u64> gone(cluster, "minhash.no_witness",
                    cluster.budget.lease("minhash.no_witness", 0.02));
  known.dropped().for_each([&](u64 key) { gone.put(owner(cluster, key), key); });
  Records<u64> dropped = gone.finish();
  dropped.sort();

  Shuffle<Option> routed(cluster, "minhash.options", cluster.budget.lease("minhash.options", 0.05));
  Ascending group(labels);
  Ascending drop(dropped);
  pairs.for_each([&](const Candidate& pair) {
    Option option{pair.worse, pair.better_key, drop.has(pair.better_key) ? 1U : 0U, pair.better};
    if (const Label* label = group.find(pair.better_key)) option.group = label->root;
    if (DocKey{pair.better_key}.foreign()) option.group = kForeignGroup;
    routed.put(owner(cluster, pair.worse_key), option);
  });
  Records<Option> options = routed.finish();
  options.sort();
  return options;
}

// Of each group so many are compared first; the others only when none of these is similar. Nearly
// always the first one is, or none at all: more rounds would read the texts of as many documents.
constexpr std::size_t kFirst = 8;

class Newcomers {
 public:
  Newcomers(Cluster& cluster, const Similarity& similarity, const Records<ComparedPair>& begun,
            Sketches& sketches, const Records<Option>& options)
      : cluster_(cluster),
        similarity_(similarity),
        begun_(begun),
        sketches_(sketches),
        options_(options),
        out_{Records<SimilarPair>(cluster, "minhash.similar_new",
                                  cluster.budget.lease("minhash.similar_new", 0.05)),
             Records<ComparedPair>(cluster, "minhash.compared_new",
                                   cluster.budget.lease("minhash.compared_new", 0.05))} {}

  Verified operator()() {
    compare(choose([&](u64 fresh, const std::vector<u64>& group, Shuffle<Candidate>& chosen) {
      put(fresh, std::span(group).first(std::min(kFirst, group.size())), chosen);
    }));
    out_.similar.sort();
    compare(choose_others());
    return std::move(out_);
  }

 private:
  // What is known of fresh documents, who come in ascending order.
  class Similar {
   public:
    explicit Similar(const Records<SimilarPair>& pairs)
        : cursor_(pairs.cursor()), at_(cursor_.next()) {}
    // Whether the document is similar to one of these.
    bool to(u64 fresh, std::span<const u64> others) {
      if (fresh != fresh_) {
        fresh_ = fresh;
        others_.clear();
        for (; at_ != nullptr && at_->worse <= fresh; at_ = cursor_.next()) {
          if (at_->worse == fresh) others_.insert(at_->better);
        }
      }
      return std::any_of(others.begin(), others.end(),
                         [&](u64 other) { return others_.contains(other); });
    }

   private:
    Records<SimilarPair>::Cursor cursor_;
    const SimilarPair* at_;
    u64 fresh_ = UINT64_MAX;
    std::unordered_set<u64> others_;  // at most those that are in its buckets
  };

  Records<Candidate> choose_others() {
    Similar similar(out_.similar);
    return choose([&](u64 fresh, const std::vector<u64>& group, Shuffle<Candidate>& chosen) {
      if (group.size() <= kFirst) return;
      const std::span<const u64> rest = std::span(group).subspan(kFirst);
      if (!similar.to(fresh, std::span(group).first(kFirst))) return put(fresh, rest, chosen);
      for (const u64 other : rest) {
        out_.compared.push(
            ComparedPair::not_compared(key_of_arrival(other).value, key_of_arrival(fresh).value));
      }
      out_.passed_over += rest.size();
    });
  }

  // Calls f(fresh, others of a group, where to put pairs) for each group; gives pairs as
  // find_candidates() leaves them.
  template <class F>
  Records<Candidate> choose(F&& f) {
    Shuffle<Candidate> chosen(cluster_, "minhash.chosen",
                              cluster_.budget.lease("minhash.chosen", 0.1));
    std::vector<u64> group;
    auto next = options_.cursor();
    for (const Option* at = next.next(); at != nullptr;) {
      const Option first = *at;
      group.clear();
      for (; at != nullptr && at->fresh == first.fresh && at->group == first.group;
           at = next.next()) {
        group.push_back(at->other);
      }
      f(first.fresh, group, chosen);
    }
    Records<Candidate> out = chosen.finish();
    out.sort();
    return out;
  }

  void put(u64 fresh, std::span<const u64> others, Shuffle<Candidate>& chosen) {
    for (const u64 other : others) {
      const u64 key = key_of_arrival(other).value;
      chosen.put(owner(cluster_, key), {key, key_of_arrival(fresh).value, other, fresh});
    }
  }

  void compare(Records<Candidate>&& chosen) {
    const Verified found =
        verify_candidates(cluster_, similarity_, std::move(chosen), begun_, sketches_);
    // What was looked up is where the better document is.
    Shuffle<SimilarPair> similar(cluster_, "minhash.similar_fresh",
                                 cluster_.budget.lease("minhash.similar_fresh", 0.05));
    found.similar.for_each(
        [&](const SimilarPair& pair) { similar.put(owner(cluster_, pair.worse_key), pair); });
    similar.finish().for_each([&](const SimilarPair& pair) { out_.similar.push(pair); });
    found.compared.for_each([&](const ComparedPair& pair) { out_.compared.push(pair); });
    out_.recalled += found.recalled;
    out_.compared_now += found.compared_now;
  }

  Cluster& cluster_;
  const Similarity& similarity_;
  const Records<ComparedPair>& begun_;
  Sketches& sketches_;
  const Records<Option>& options_;
  Verified out_;
};

}  // namespace

Verified verify_newcomers(Cluster& cluster, const Similarity& similarity,
                          Records<Candidate>&& candidates, const Recollection& known,
                          Sketches& sketches) {
  const Records<Option> options = list_options(cluster, std::move(candidates), known);
  return Newcomers(cluster, similarity, known.pairs(), sketches, options)();
}

}  // namespace shardmill
