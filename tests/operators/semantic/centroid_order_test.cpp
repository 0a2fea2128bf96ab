#include "operators/semantic/centroid_order.hpp"

#include "operators/dedup/ranking.hpp"
#include "tests/operators/nearest/vector_documents.hpp"

namespace shardmill {
namespace {

class CentroidOrderShapes : public ClusterShapes {
 protected:
  void SetUp() override {
    if (!FlatSearch::available()) GTEST_SKIP() << "built without FAISS";
  }
};
SHARDMILL_EVERY_SHAPE(CentroidOrderShapes);

TEST_P(CentroidOrderShapes, OrderDocumentsByTheirDistance) {
  const VectorDocuments documents = vector_documents(300, 3, 5, 4);
  for (const CentroidOrder order : {CentroidOrder::farthest_first, CentroidOrder::nearest_first}) {
    std::vector<float> centroids;
    PerRank<std::pair<u64, u64>> out(GetParam().ranks);  // node, key
    run([&](Cluster& cluster) {
      MemorySketches sketches(documents.sketched, cluster.rank(), cluster.size());
      const SketchedVectors vectors(cluster, "test", 0, sketches);
      const Centroids trained = train_centroids(cluster, {4, 3, 1}, vectors);
      SketchesByCentroid ordered(cluster, trained, order, vectors, sketches);
      const Ranking ranking(cluster, "test", SketchesByCentroid::kPriorityBytes, ordered);
      ranking.for_each(ordered, [&](u64 node, DocKey key, std::string_view sketch) {
        EXPECT_EQ(sketch, documents.sketched.at(key).sketch);
        out.of(cluster).emplace_back(node, key.value);
      });
      if (cluster.control.is_root()) centroids = trained.values;
    });
    std::vector<std::pair<double, u64>> expected;
    for (const auto& [key, vector] : documents.vectors) {
      const double near =
          cosine(vector, vector_at(centroids, 3, nearest_plainly(vector, centroids, 1)[0]));
      expected.emplace_back(order == CentroidOrder::farthest_first ? near : -near, key.value);
    }
    std::sort(expected.begin(), expected.end());
    std::vector<std::pair<u64, u64>> found = out.all();
    std::sort(found.begin(), found.end());
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) EXPECT_EQ(found[i].second, expected[i].second);
  }
}

// Queries between two centroids: what float32 says is nearer is often the other one, or both alike.
TEST(Centroids, DoublesDecideBetweenThoseThatAreEquallyNear) {
  if (!FlatSearch::available()) GTEST_SKIP() << "built without FAISS";
  std::mt19937 random(1);
  for (const std::size_t d : {2U, 3U, 64U, 300U}) {
    Centroids centroids;
    centroids.dimensions = d;
    centroids.values = random_units(40, d, 2);
    std::vector<float> queries;
    for (u32 n = 0; n < 500; ++n) {
      const auto a = centroids[random() % 40];
      const auto b = centroids[random() % 40];
      std::vector<float> between;
      for (std::size_t i = 0; i < d; ++i) between.push_back(a[i] + b[i]);
      (void)make_unit(between);
      queries.insert(queries.end(), between.begin(), between.end());
    }
    NearestCentroids nearest(centroids);
    for (const std::size_t count : {1U, 2U, 50U}) {
      std::size_t next = 0;
      nearest.find(queries, count, [&](std::size_t query, std::span<const NearCentroid> near) {
        EXPECT_EQ(query, next++);
        std::vector<u32> numbers;
        for (const NearCentroid& one : near) numbers.push_back(one.number);
        EXPECT_EQ(numbers, nearest_plainly(vector_at(queries, d, query), centroids.values, count));
      });
      EXPECT_EQ(next, 500U);
    }
  }
}

}  // namespace
}  // namespace shardmill
