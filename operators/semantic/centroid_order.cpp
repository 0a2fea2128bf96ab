#include "operators/semantic/centroid_order.hpp"

#include "engine/batch/wire.hpp"
#include "operators/nearest/cosine.hpp"

namespace shardmill {
void SketchesByCentroid::for_each(const std::function<void(DocKey, std::string_view)>& f) {
  std::string sketch;
  NearestInBlocks nearest(
      cluster_, centroids_, 1,
      [&](DocKey key, std::span<const float> vector, std::span<const NearCentroid> near) {
        const double cosine = near[0].cosine;
        sketch.clear();
        append_sortable(sketch,
                        farness(order_ == CentroidOrder::farthest_first ? -cosine : cosine));
        sketch.append(reinterpret_cast<const char*>(vector.data()), vector.size_bytes());
        f(key, sketch);
      });
  vectors_.for_each([&](DocKey key, std::span<const float> vector) { nearest.add(key, vector); });
  nearest.finish();
}

}  // namespace shardmill
