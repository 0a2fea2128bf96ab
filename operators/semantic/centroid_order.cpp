#include "operators/semantic/centroid_order.hpp"

#include <bit>

#include "engine/batch/wire.hpp"

namespace shardmill {
namespace {

// Sorts like the number; -0 and 0 are one.
u64 sortable(double value) {
  const u64 bits = std::bit_cast<u64>(value == 0 ? 0.0 : value);
  return (bits >> 63) != 0 ? ~bits : bits | u64{1} << 63;
}

}  // namespace

void SketchesByCentroid::for_each(const std::function<void(DocKey, std::string_view)>& f) {
  std::string sketch;
  NearestInBlocks nearest(
      cluster_, centroids_, 1,
      [&](DocKey key, std::span<const float> vector, std::span<const NearCentroid> near) {
        const double cosine = near[0].cosine;
        sketch.clear();
        append_sortable(sketch,
                        sortable(order_ == CentroidOrder::farthest_first ? cosine : -cosine));
        sketch.append(reinterpret_cast<const char*>(vector.data()), vector.size_bytes());
        f(key, sketch);
      });
  vectors_.for_each([&](DocKey key, std::span<const float> vector) { nearest.add(key, vector); });
  nearest.finish();
}

}  // namespace shardmill
