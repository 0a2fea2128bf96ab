#include "operators/nearest/neighbours.hpp"

#include <algorithm>

#include "cluster/watchdog.hpp"
#include "engine/batch/wire.hpp"
#include "engine/exchange/partition.hpp"
#include "engine/exchange/shuffle.hpp"
#include "engine/hash/hash.hpp"
#include "operators/nearest/best_neighbours.hpp"
#include "operators/nearest/cluster_members.hpp"
#include "operators/nearest/committed_units.hpp"
#include "operators/nearest/comparison_plan.hpp"

namespace shardmill {
namespace {

// A vector and a cluster in which it lies, or is looked up.
struct Place {
  u64 key = 0;
  u64 cluster = 0;
  auto operator<=>(const Place&) const = default;
  [[nodiscard]] u64 leading() const { return key; }
  [[nodiscard]] u64 following() const { return cluster; }
};

Records<Place> places_of(Cluster& cluster, const std::string& name, const Centroids& centroids,
                         u32 probes, const SketchedVectors& vectors) {
  Records<Place> places(cluster, name, cluster.budget.lease(name, 0.05));
  NearestInBlocks nearest(
      cluster, centroids, probes,
      [&](DocKey key, std::span<const float>, std::span<const NearCentroid> near) {
        for (const NearCentroid& one : near) places.push({key.value, one.number});
      });
  vectors.for_each([&](DocKey key, std::span<const float> vector) { nearest.add(key, vector); });
  nearest.finish();
  places.sort();
  return places;
}

std::vector<u64> sizes_of(Cluster& cluster, const Records<Place>& places, std::size_t clusters) {
  std::vector<u64> sizes(clusters, 0);
  places.for_each([&](const Place& place) { ++sizes[place.cluster]; });
  return cluster.control.all_sum(sizes);
}

// f(key, vector, cluster) for each place.
template <class F>
void for_each_placed(const SketchedVectors& vectors, const Records<Place>& places, const F& f) {
  auto next = places.cursor();
  const Place* at = next.next();
  vectors.for_each([&](DocKey key, std::span<const float> vector) {
    for (; at != nullptr && at->key == key.value; at = next.next()) f(key, vector, at->cluster);
  });
}

constexpr u64 kTheirs = 0;  // before ours, in the rows of a task
constexpr u64 kOurs = 1;    // of unit 0; then those of unit 1, ...

// Vectors to where they are compared. Key: task, whose, DocKey, in numbers that sort.
class VectorsOnTheirWay {
 public:
  explicit VectorsOnTheirWay(Cluster& cluster)
      : sent_(cluster, "nearest.vectors", cluster.budget.lease("nearest.vectors", 0.2)) {}

  void put(Rank to, u64 task, u64 whose, DocKey key, std::span<const float> vector) {
    row_.clear();
    append_sortable(row_, task);
    append_sortable(row_, whose);
    append_sortable(row_, key.value);
    sent_.put(to, row_, {reinterpret_cast<const char*>(vector.data()), vector.size_bytes()});
  }
  [[nodiscard]] Rows finish() {
    Rows arrived = sent_.finish();
    arrived.sort();
    return arrived;
  }

 private:
  RowShuffle sent_;
  std::string row_;
};

struct SentVectors {
  ComparisonPlan plan;
  Rows rows;
};

SentVectors send_vectors(Cluster& cluster, const NeighbourSettings& settings,
                         const Centroids& centroids, const SketchedVectors& ours,
                         const SketchedVectors& theirs, const CommittedUnits<Neighbour>& units) {
  const Records<Place> lie = places_of(cluster, "nearest.lists", centroids, 1, theirs);
  const Records<Place> look =
      places_of(cluster, "nearest.probes", centroids, settings.probes, ours);
  const std::vector<u64> candidates = sizes_of(cluster, lie, centroids.count());
  const std::vector<u64> queries = sizes_of(cluster, look, centroids.count());
  std::vector<ClusterWork> work;
  for (std::size_t c = 0; c < queries.size(); ++c)
    work.push_back({u128{queries[c]} * candidates[c], queries[c]});
  ComparisonPlan plan(work, units.size(), units.finished(), cluster.size());

  VectorsOnTheirWay sent(cluster);
  for_each_placed(theirs, lie, [&](DocKey key, std::span<const float> vector, u64 in) {
    if (queries[in] == 0) return;
    u64 task = plan.first_of_cluster(in);
    for (const ComparisonTask& part : plan.of_cluster(in)) {
      sent.put(part.rank, task++, kTheirs, key, vector);
    }
  });
  for_each_placed(ours, look, [&](DocKey key, std::span<const float> vector, u64 in) {
    if (candidates[in] == 0) return;
    const auto unit = static_cast<u32>(mix64(key.value) % work[in].units(units.size()));
    if (const auto task = plan.task_of(in, unit)) {
      sent.put(plan[*task].rank, *task, kOurs + unit, key, vector);
    }
  });
  return {std::move(plan), sent.finish()};
}

// Looks the queries of one task after the other up, in blocks.
class ListSearch {
 public:
  ListSearch(Cluster& cluster, u64 k, std::size_t dimensions, Records<Neighbour>& found)
      : cluster_(cluster), best_(k, dimensions), found_(found) {
    const u64 each = sizeof(MemberBlock::Member) + sizeof(u64) + sizeof(float) * dimensions;
    const u64 query = each + 2 * k * sizeof(Neighbour);
    lease_ =
        cluster.budget.lease("nearest.blocks", 0.1, Bytes{std::max(kBlocks, 4 * each + 2 * query)});
    // Candidates are copied into the search.
    most_queries_ = std::clamp<u64>(lease_.bytes() / 2 / query, 1, FlatSearch::kQueries);
    most_candidates_ = std::clamp<u64>(lease_.bytes() / 4 / each, 1, FlatSearch::kCandidates);
  }

  void search(ClusterMembers& candidates, ClusterMembers& queries) {
    for (u64 next = 0; next < queries.size();) {
      read(queries, next, most_queries_, queries_, query_keys_);
      best_.begin(query_keys_, queries_.vectors);
      for (u64 at = 0; at < candidates.size();) {
        read(candidates, at, most_candidates_, candidates_, candidate_keys_);
        best_.meet(candidate_keys_, candidates_.vectors);
        cluster_.watchdog.progress();
      }
      for (const std::vector<Neighbour>& list : best_.lists()) {
        for (const Neighbour& one : list) found_.push(one);
      }
    }
  }

 private:
  static constexpr u64 kBlocks = u64{1} << 20;

  static void read(ClusterMembers& members, u64& next, u64 most, MemberBlock& block,
                   std::vector<u64>& keys) {
    block.clear();
    keys.clear();
    for (; next < members.size() && keys.size() < most; ++next) {
      members.read(next, block);
      keys.push_back(block.members.back().key);
    }
  }

  Cluster& cluster_;
  BestNeighbours best_;
  Records<Neighbour>& found_;
  Lease lease_;
  u64 most_queries_ = 0;
  u64 most_candidates_ = 0;
  MemberBlock queries_;
  MemberBlock candidates_;
  std::vector<u64> query_keys_;
  std::vector<u64> candidate_keys_;
};

// False: until a stop came.
bool search_here(Cluster& cluster, u64 k, std::size_t dimensions, const SentVectors& sent,
                 CommittedUnits<Neighbour>& units) {
  const Lease memory = cluster.budget.lease("nearest.members", 0.2);
  ClusterMembers candidates(cluster.scratch, dimensions, memory.bytes() / 4 * 3);
  ClusterMembers queries(cluster.scratch, dimensions, memory.bytes() / 4);
  ListSearch search(cluster, k, dimensions, units.fresh());
  const ComparisonPlan& plan = sent.plan;
  Portion portion(cluster.watchdog, "comparing vectors", plan.pairs_of_rank(cluster.rank()),
                  "pairs");
  auto next = sent.rows.cursor();
  const Row* row = next.next();
  const auto read = [&](u64 task, u64 whose, ClusterMembers& members) {
    members.clear();
    for (; row != nullptr && read_sortable(row->key) == task &&
           read_sortable(row->key.substr(sizeof(u64))) == whose;
         row = next.next()) {
      members.add(0, read_sortable(row->key.substr(2 * sizeof(u64))), row->payload);
    }
  };
  while (row != nullptr) {
    const u64 number = read_sortable(row->key);
    read(number, kTheirs, candidates);
    for (const u32 unit : plan[number].units) {
      read(number, kOurs + unit, queries);
      search.search(candidates, queries);
      portion.advance(plan.pairs_of_unit(number));
      if (!units.finish(plan[number].cluster, unit)) return false;
    }
  }
  return true;
}

Records<Neighbour> search_clusters(Cluster& cluster, const NeighbourSettings& settings,
                                   const Centroids& centroids, const SketchedVectors& ours,
                                   const SketchedVectors& theirs, const BegunWork* work) {
  const BegunComparison begun{work, ours.digest() ^ mix64(theirs.digest())};
  CommittedUnits<Neighbour> units(cluster, begun, "nearest");
  bool whole = false;
  {
    const SentVectors sent = send_vectors(cluster, settings, centroids, ours, theirs, units);
    begun.stop_if_asked(cluster);
    whole = search_here(cluster, settings.k, centroids.dimensions, sent, units);
  }
  return units.end(!whole);
}

}  // namespace

Records<Neighbour> find_neighbours(Cluster& cluster, const NeighbourSettings& settings,
                                   const Centroids& centroids, const SketchedVectors& ours,
                                   const SketchedVectors& theirs, const BegunWork* work) {
  const Records<Neighbour> found =
      search_clusters(cluster, settings, centroids, ours, theirs, work);
  Shuffle<Neighbour> routed(cluster, "nearest.pairs", cluster.budget.lease("nearest.pairs", 0.1));
  found.for_each([&](const Neighbour& one) {
    routed.put(owner_of(mix64(one.document), cluster.size()), one);
  });
  Records<Neighbour> pairs = routed.finish();
  pairs.sort();
  Records<Neighbour> best(cluster, "nearest.best", cluster.budget.lease("nearest.best", 0.1));
  std::optional<Neighbour> last;
  u64 taken = 0;
  pairs.for_each([&](const Neighbour& one) {
    if (one == last) return;
    if (!last || one.document != last->document) taken = 0;
    last = one;
    if (taken++ < settings.k) best.push(one);
  });
  best.sort();
  return best;
}

}  // namespace shardmill
