// An order of documents by how near they are to their centroids.
#pragma once

#include "operators/nearest/centroids.hpp"

namespace shardmill {

// What SemDeDup calls hard and easy examples.
enum class CentroidOrder : u8 { farthest_first, nearest_first };

// The documents with vectors, each sketch the unit vector with the priority before it: the cosine
// with the nearest centroid as bytes that compare like it. The centroids are looked up anew in each
// pass.
class SketchesByCentroid final : public Sketches {
 public:
  static constexpr std::size_t kPriorityBytes = sizeof(u64);

  // All outlive it.
  SketchesByCentroid(Cluster& cluster, const Centroids& centroids, CentroidOrder order,
                     const SketchedVectors& vectors, Sketches& sketches)
      : cluster_(cluster),
        centroids_(centroids),
        order_(order),
        vectors_(vectors),
        sketches_(sketches) {}

  void for_each(const std::function<void(DocKey, std::string_view)>& f) override;
  [[nodiscard]] Rank home(DocKey key) const override { return sketches_.home(key); }
  [[nodiscard]] std::string id_of(DocKey key) const override { return sketches_.id_of(key); }
  void for_each_text(Records<Wanted>& wanted,
                     const std::function<void(const Wanted&, std::string_view)>& f) override {
    sketches_.for_each_text(wanted, f);
  }

 private:
  Cluster& cluster_;
  const Centroids& centroids_;
  CentroidOrder order_;
  const SketchedVectors& vectors_;
  Sketches& sketches_;
};

}  // namespace shardmill
