#include "operators/nearest/neighbours.hpp"

#include "tests/operators/nearest/stopped_runs.hpp"
#include "tests/operators/nearest/vector_documents.hpp"

namespace shardmill {
namespace {

class NeighbourShapes : public ClusterShapes {
 protected:
  void SetUp() override {
    if (!FlatSearch::available()) GTEST_SKIP() << "built without FAISS";
  }
};
SHARDMILL_EVERY_SHAPE(NeighbourShapes);

// An inverted file in plain loops.
std::vector<Neighbour> found_plainly(const NeighbourSettings& settings,
                                     const std::vector<float>& centroids,
                                     const VectorDocuments& ours, const VectorDocuments& theirs) {
  std::map<u32, std::vector<std::pair<DocKey, std::vector<float>>>> lists;
  for (const auto& [key, vector] : theirs.vectors) {
    lists[nearest_plainly(vector, centroids, 1)[0]].emplace_back(key, vector);
  }
  std::vector<Neighbour> all;
  for (const auto& [key, vector] : ours.vectors) {
    std::vector<Neighbour> near;
    for (const u32 list : nearest_plainly(vector, centroids, settings.probes)) {
      for (const auto& [other, one] : lists[list]) {
        near.push_back({key.value, farness(cosine(vector, one)), other.value});
      }
    }
    std::sort(near.begin(), near.end());
    near.resize(std::min<std::size_t>(near.size(), settings.k));
    all.insert(all.end(), near.begin(), near.end());
  }
  return all;
}

void expect_plain(const Shape& shape, std::size_t d, u64 clusters,
                  const NeighbourSettings& settings, u32 documents = 60) {
  SCOPED_TRACE("d " + std::to_string(d) + ", clusters " + std::to_string(clusters) + ", k " +
               std::to_string(settings.k) + ", probes " + std::to_string(settings.probes));
  const VectorDocuments ours = vector_documents(documents, d, 1, 5);
  const VectorDocuments theirs = vector_documents(300, d, 2, 5);
  PerRank<Neighbour> out(shape.ranks);
  std::vector<float> centroids;
  NeighbourRecall recall;
  run_shape(shape, [&](Cluster& cluster) {
    MemorySketches our_sketches(ours.sketched, cluster.rank(), cluster.size());
    MemorySketches their_sketches(theirs.sketched, cluster.rank(), cluster.size());
    const SketchedVectors mine(cluster, "test", 0, our_sketches);
    const SketchedVectors others(cluster, "test", 0, their_sketches);
    const Centroids trained = train_centroids(cluster, {clusters, 3, 1}, others);
    const Records<Neighbour> found = find_neighbours(cluster, settings, trained, mine, others);
    found.for_each([&](const Neighbour& one) {
      EXPECT_EQ(owner_of(mix64(one.document), cluster.size()), cluster.rank());
      out.of(cluster).push_back(one);
    });
    const NeighbourRecall measured = measure_recall(cluster, settings.k, 1, mine, others, found);
    if (!cluster.control.is_root()) return;
    centroids = trained.values;
    recall = measured;
  });
  std::vector<Neighbour> found = out.all();
  std::sort(found.begin(), found.end());
  EXPECT_EQ(found, found_plainly(settings, centroids, ours, theirs));
  // Fewer than 200 documents: all are looked up.
  const std::vector<Neighbour> all = found_plainly(
      {settings.k, 1}, std::vector<float>(centroids.begin(), centroids.begin() + d), ours, theirs);
  u64 both = 0;
  for (const Neighbour& one : all) both += std::binary_search(found.begin(), found.end(), one);
  EXPECT_EQ(recall.documents, ours.vectors.size());
  EXPECT_EQ(recall.of, all.size());
  EXPECT_EQ(recall.found, both);
}

TEST(Neighbours, StoppedRunsGoOn) {
  if (!FlatSearch::available()) GTEST_SKIP() << "built without FAISS";
  const VectorDocuments ours = vector_documents(200, 3, 1, 5);
  const VectorDocuments theirs = vector_documents(300, 3, 2, 5);
  const NeighbourSettings settings{5, 2};
  std::vector<Neighbour> found;
  std::vector<float> centroids;
  StoppedRuns runs;
  runs.until_one_ends([&](const Shape& shape) {
    PerRank<Neighbour> out(shape.ranks);
    const bool ended = runs.run(shape, 1000, [&](Cluster& cluster, const BegunWork& begun) {
      MemorySketches our_sketches(ours.sketched, cluster.rank(), cluster.size());
      MemorySketches their_sketches(theirs.sketched, cluster.rank(), cluster.size());
      const SketchedVectors mine(cluster, "test", 0, our_sketches);
      const SketchedVectors others(cluster, "test", 0, their_sketches);
      const Centroids trained = train_centroids(cluster, {4, 3, 1}, others, &begun);
      if (cluster.control.is_root()) centroids = trained.values;
      find_neighbours(cluster, settings, trained, mine, others, &begun)
          .for_each([&](const Neighbour& one) { out.of(cluster).push_back(one); });
    });
    found = out.all();
    return ended;
  });
  std::sort(found.begin(), found.end());
  EXPECT_EQ(found, found_plainly(settings, centroids, ours, theirs));
}

TEST_P(NeighbourShapes, AreThoseOfAPlainProgram) {
  for (const std::size_t d : {1U, 19U}) {
    expect_plain(GetParam(), d, 1, {3, 1});
    expect_plain(GetParam(), d, 7, {5, 2});
    expect_plain(GetParam(), d, 7, {1000, 1});
    expect_plain(GetParam(), d, 7, {1, 7});
    expect_plain(GetParam(), d, 40, {2, 3}, 4);  // most clusters are looked up by nobody
  }
}

TEST(Farness, SortsLikeTheDistanceAndBack) {
  const std::vector<double> near_first = {1, 0.5, 1e-300, 0, -1e-300, -0.25, -1};
  for (std::size_t i = 0; i < near_first.size(); ++i) {
    EXPECT_EQ(cosine_of(farness(near_first[i])), near_first[i]);
    if (i > 0) {
      EXPECT_LT(farness(near_first[i - 1]), farness(near_first[i]));
    }
  }
  EXPECT_EQ(farness(-0.0), farness(0.0));
}

}  // namespace
}  // namespace shardmill
