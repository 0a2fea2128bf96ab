#include "operators/semantic/compare.hpp"

#include <algorithm>
#include <cmath>

#include "cluster/watchdog.hpp"
#include "engine/batch/wire.hpp"
#include "engine/exchange/partition.hpp"
#include "engine/exchange/shuffle.hpp"
#include "engine/hash/hash.hpp"
#include "operators/nearest/cluster_members.hpp"
#include "operators/nearest/committed_units.hpp"
#include "operators/nearest/comparison_plan.hpp"
#include "operators/nearest/cosine.hpp"

namespace shardmill {
namespace {

// A document in a cluster.
struct Probe {
  u64 key = 0;
  u64 cluster = 0;
  auto operator<=>(const Probe&) const = default;
  [[nodiscard]] u64 leading() const { return key; }
  [[nodiscard]] u64 following() const { return cluster; }
};

Records<Probe> find_probes(Cluster& cluster, const Centroids& centroids, u32 probes,
                           const Ranking& ranking, Sketches& sketches) {
  Records<Probe> found(cluster, "semantic.probes", cluster.budget.lease("semantic.probes", 0.05));
  NearestInBlocks nearest(
      cluster, centroids, probes,
      [&](DocKey key, std::span<const float>, std::span<const NearCentroid> near) {
        for (const NearCentroid& one : near) found.push({key.value, one.number});
      });
  std::vector<float> vector;
  ranking.for_each(sketches, [&](u64, DocKey key, std::string_view sketch) {
    if (read_unit(sketch, vector)) nearest.add(key, vector);
  });
  nearest.finish();
  found.sort();
  return found;
}

ComparisonPlan plan_of(Cluster& cluster, const Records<Probe>& probes, std::size_t clusters,
                       const CommittedUnits<SimilarPair>& units) {
  std::vector<u64> sizes(clusters, 0);
  probes.for_each([&](const Probe& probe) { ++sizes[probe.cluster]; });
  std::vector<ClusterWork> work;
  for (const u64 size : cluster.control.all_sum(sizes)) {
    work.push_back({u128{size} * size / 2, size});
  }
  return {work, units.size(), units.finished(), cluster.size()};
}

// Where a unit begins in a cluster of so many members, the best first: each is compared with all
// before it, so units of equal work have borders like square roots.
u64 border(u64 members, u32 unit, u32 of) {
  return static_cast<u64>(static_cast<double>(members) *
                          std::sqrt(static_cast<double>(unit) / static_cast<double>(of)));
}

// Vectors to where they are compared. Key: task, node, DocKey, in numbers that sort.
Rows send_vectors(Cluster& cluster, const Records<Probe>& probes, const ComparisonPlan& plan,
                  const Ranking& ranking, Sketches& sketches) {
  RowShuffle sent(cluster, "semantic.vectors", cluster.budget.lease("semantic.vectors", 0.25));
  auto next = probes.cursor();
  const Probe* at = next.next();
  std::string row;
  ranking.for_each(sketches, [&](u64 node, DocKey key, std::string_view sketch) {
    for (; at != nullptr && at->key == key.value; at = next.next()) {
      std::size_t task = plan.first_of_cluster(at->cluster);
      for (const ComparisonTask& part : plan.of_cluster(at->cluster)) {
        row.clear();
        append_sortable(row, task++);
        append_sortable(row, node);
        append_sortable(row, key.value);
        sent.put(part.rank, row, sketch);
      }
    }
  });
  Rows arrived = sent.finish();
  arrived.sort();
  return arrived;
}

// Compares the members of one cluster after the other, in blocks.
class BlockComparison {
 public:
  BlockComparison(Cluster& cluster, const ComparisonSettings& settings, std::size_t dimensions,
                  Records<SimilarPair>& similar)
      : cluster_(cluster), settings_(settings), dimensions_(dimensions), similar_(similar) {
    const u64 each = sizeof(MemberBlock::Member) + sizeof(u64) + sizeof(float) * dimensions;
    lease_ = cluster.budget.lease("semantic.blocks", 0.1, Bytes{std::max(kBlocks, 8 * each)});
    // Candidates are copied into the search.
    const u64 fit = lease_.bytes() / each;
    most_queries_ = std::clamp<u64>(fit / 4, 1, FlatSearch::kQueries);
    most_candidates_ = std::clamp<u64>((fit - most_queries_) / 2, 1, FlatSearch::kCandidates);
  }

  // Those from `next` to `end` with all better ones.
  void compare(ClusterMembers& members, u64 next, u64 end) {
    while (next < end) {
      queries_.clear();
      for (; next < end && queries_.members.size() < most_queries_; ++next) {
        members.read(next, queries_);
        // Those of other datasets go for nobody.
        if (DocKey{queries_.members.back().key}.foreign()) queries_.drop_last();
      }
      if (queries_.members.empty()) return;
      found_.assign(queries_.members.size(), 0);
      compare_queries(members);
    }
  }

 private:
  static constexpr u64 kBlocks = u64{1} << 20;

  // With all better members, the best first.
  void compare_queries(ClusterMembers& members) {
    for (u64 next = 0; !queries_.members.empty() && next < queries_.members.back().position;) {
      const u64 end = std::min(next + most_candidates_, queries_.members.back().position);
      candidates_.clear();
      for (; next < end; ++next) members.read(next, candidates_);
      const FlatSearch search(candidates_.vectors, dimensions_);
      search.propose(queries_.vectors,
                     static_cast<double>(settings_.least) / static_cast<double>(kMillion),
                     proposed_);
      for (const ProposedPair& pair : proposed_) score(pair);
      forget_full();
      cluster_.watchdog.progress();
    }
  }

  void score(const ProposedPair& pair) {
    const MemberBlock::Member& worse = queries_.members[pair.query];
    const MemberBlock::Member& better = candidates_.members[pair.candidate];
    if (better.position >= worse.position || found_[pair.query] == settings_.neighbours) return;
    const i64 said =
        millionths(cosine(vector(queries_, pair.query), vector(candidates_, pair.candidate)));
    if (said < settings_.least) return;
    ++found_[pair.query];
    similar_.push({worse.node, better.node, worse.key, better.key, narrow<u64>(said), kMillion});
  }

  // Queries with all neighbours they may have need not be compared any more: of many equal vectors,
  // all but the first are done after one block.
  void forget_full() {
    std::size_t kept = 0;
    for (std::size_t q = 0; q < queries_.members.size(); ++q) {
      if (found_[q] == settings_.neighbours) continue;
      if (kept != q) {
        queries_.members[kept] = queries_.members[q];
        found_[kept] = found_[q];
        std::copy_n(vector(queries_, q).begin(), dimensions_,
                    queries_.vectors.begin() + static_cast<std::ptrdiff_t>(kept * dimensions_));
      }
      ++kept;
    }
    queries_.members.resize(kept);
    queries_.vectors.resize(kept * dimensions_);
    found_.resize(kept);
  }

  [[nodiscard]] std::span<const float> vector(const MemberBlock& block, std::size_t number) const {
    return std::span(block.vectors).subspan(number * dimensions_, dimensions_);
  }

  Cluster& cluster_;
  const ComparisonSettings& settings_;
  std::size_t dimensions_;
  Records<SimilarPair>& similar_;
  Lease lease_;
  std::size_t most_queries_ = 0;
  std::size_t most_candidates_ = 0;
  MemberBlock queries_;
  std::vector<u64> found_;  // of each query: similar better documents so far
  MemberBlock candidates_;
  std::vector<ProposedPair> proposed_;
};

// Finds pairs on this rank, one for each cluster that they share; false: until a stop came.
bool compare_here(Cluster& cluster, const ComparisonSettings& settings, std::size_t dimensions,
                  const ComparisonPlan& plan, const Rows& vectors,
                  CommittedUnits<SimilarPair>& units) {
  const Lease memory = cluster.budget.lease("semantic.members", 0.2);
  ClusterMembers members(cluster.scratch, dimensions, memory.bytes());
  BlockComparison comparison(cluster, settings, dimensions, units.fresh());
  Portion portion(cluster.watchdog, "comparing vectors", plan.pairs_of_rank(cluster.rank()),
                  "pairs");
  auto next = vectors.cursor();
  const Row* row = next.next();
  while (row != nullptr) {
    const u64 number = read_sortable(row->key);
    members.clear();
    for (; row != nullptr && read_sortable(row->key) == number; row = next.next()) {
      members.add(read_sortable(row->key.substr(sizeof(u64))),
                  read_sortable(row->key.substr(2 * sizeof(u64))), row->payload);
    }
    const ComparisonTask& task = plan[number];
    for (const u32 unit : task.units) {
      comparison.compare(members, border(members.size(), unit, task.of),
                         border(members.size(), unit + 1, task.of));
      portion.advance(plan.pairs_of_unit(number));
      if (!units.finish(task.cluster, unit)) return false;
    }
  }
  return true;
}

Records<SimilarPair> find_pairs(Cluster& cluster, const ComparisonSettings& settings,
                                const Centroids& centroids, const Ranking& ranking,
                                Sketches& sketches, const BegunComparison& begun) {
  CommittedUnits<SimilarPair> units(cluster, begun, "semantic");
  bool whole = false;
  {
    const auto [plan, vectors] = [&] {
      const Records<Probe> probes =
          find_probes(cluster, centroids, settings.probes, ranking, sketches);
      begun.stop_if_asked(cluster);
      ComparisonPlan made = plan_of(cluster, probes, centroids.count(), units);
      Rows sent = send_vectors(cluster, probes, made, ranking, sketches);
      return std::pair(std::move(made), std::move(sent));
    }();
    begun.stop_if_asked(cluster);
    whole = compare_here(cluster, settings, centroids.dimensions, plan, vectors, units);
  }
  return units.end(!whole);
}

}  // namespace

Records<SimilarPair> compare_in_clusters(Cluster& cluster, const ComparisonSettings& settings,
                                         const Centroids& centroids, const Ranking& ranking,
                                         Sketches& sketches, const BegunComparison& begun) {
  const Records<SimilarPair> found =
      find_pairs(cluster, settings, centroids, ranking, sketches, begun);
  Shuffle<SimilarPair> routed(cluster, "semantic.pairs",
                              cluster.budget.lease("semantic.pairs", 0.1));
  found.for_each([&](const SimilarPair& pair) {
    routed.put(owner_of(mix64(pair.worse), cluster.size()), pair);
  });
  Records<SimilarPair> pairs = routed.finish();
  pairs.sort();
  Records<SimilarPair> distinct(cluster, "semantic.similar",
                                cluster.budget.lease("semantic.similar", 0.1));
  SimilarPair last;
  pairs.for_each([&](const SimilarPair& pair) {
    if (pair != last) distinct.push(pair);
    last = pair;
  });
  return distinct;
}

}  // namespace shardmill
