#include "operators/nearest/sketched_vectors.hpp"

#include <algorithm>
#include <cstring>

#include "cluster/agree.hpp"
#include "engine/hash/hash.hpp"
#include "operators/nearest/cosine.hpp"
#include "operators/nearest/vector_field.hpp"

namespace shardmill {
namespace {

// Collective. "document ID has N numbers", and where ours are.
std::string length_of(Cluster& cluster, const Sketches& sketches, DocKey key, u64 length) {
  std::string mine;
  agree_all(cluster.control, [&] {
    if (sketches.home(key) == cluster.rank()) mine = sketches.id_of(key);
  });
  std::string id;
  for (const std::string& part : cluster.control.all_gather(mine)) id += part;
  const std::string where =
      key.foreign() ? "" : " (at " + std::to_string(key.offset()) + " of its file)";
  return "document " + id + where + " has " + std::to_string(length) + " numbers";
}

}  // namespace

bool read_row(const Field* field, const Batch& batch, std::size_t row, const std::string& place,
              std::vector<float>& out) {
  constexpr std::size_t kMostDimensions = std::size_t{1} << 16;  // 256 KiB
  if (field == nullptr || !field->json.has(row) || field->json[row] == "null") return false;
  std::string fault = read_vector(field->json[row], out);
  if (fault.empty() && out.size() > kMostDimensions) {
    fault = "expected at most " + std::to_string(kMostDimensions) + " numbers; found " +
            std::to_string(out.size());
  }
  if (fault.empty()) return true;
  throw DataError(place + " of document " + std::string(batch.id[row]) + ": " + fault);
}

void append_unit(std::vector<float>& vector, std::string& out) {
  (void)make_unit(vector);
  out.append(reinterpret_cast<const char*>(vector.data()), vector.size() * sizeof(float));
}

bool read_unit(std::string_view bytes, std::vector<float>& out) {
  out.resize(bytes.size() / sizeof(float));
  if (!out.empty()) std::memcpy(out.data(), bytes.data(), bytes.size());
  return std::any_of(out.begin(), out.end(), [](float x) { return x != 0; });
}

SketchedVectors::SketchedVectors(Cluster& cluster, const std::string& place, std::size_t prefix,
                                 Sketches& sketches)
    : sketches_(sketches), place_(place), prefix_(prefix) {
  // Complements, so that the largest of all ranks is the smallest.
  struct Extreme {
    u64 length = 0;
    u64 first_key = 0;
    void meet(u64 other, u64 key) {
      if (other > length) *this = {other, ~key};
    }
  };
  Extreme longest;
  Extreme shortest;
  u64 documents = 0;
  u64 count = 0;
  u64 zeros = 0;
  u64 others = 0;
  u64 others_with = 0;
  u64 digest = 0;
  std::vector<float> vector;
  agree_all(cluster.control, [&] {
    sketches.for_each([&](DocKey key, std::string_view sketch) {
      ++documents;
      digest += mix64(hash64(sketch) ^ key.value);
      others += key.foreign() ? 1 : 0;
      const u64 length = (sketch.size() - prefix) / sizeof(float);
      if (length == 0) return;
      longest.meet(length, key.value);
      shortest.meet(~length, key.value);
      if (!read_unit(sketch.substr(prefix), vector)) {
        ++zeros;
        return;
      }
      ++count;
      others_with += key.foreign() ? 1 : 0;
    });
  });
  const std::vector<u64> counts = cluster.control.all_sum(
      std::vector<u64>{count, others, others_with, documents, zeros, digest});
  count_ = counts[0];
  documents_ = counts[3];
  zeros_ = counts[4];
  digest_ = counts[5];
  others_have_none_ = counts[1] > 0 && counts[2] == 0;
  const std::vector<u64> lengths =
      cluster.control.all_max(std::vector<u64>{longest.length, shortest.length});
  dimensions_ = static_cast<std::size_t>(lengths[0]);
  if (lengths[0] == 0 || lengths[0] == ~lengths[1]) return;
  const std::vector<u64> keys = cluster.control.all_max(
      std::vector<u64>{longest.length == lengths[0] ? longest.first_key : 0,
                       shortest.length == lengths[1] ? shortest.first_key : 0});
  const std::string first = length_of(cluster, sketches, DocKey{~keys[0]}, lengths[0]);
  const std::string second = length_of(cluster, sketches, DocKey{~keys[1]}, ~lengths[1]);
  fail_together(DataError(place + ": all vectors must have one length; " + first + ", " + second));
}

void SketchedVectors::warn_of_zeros(std::vector<std::string>& warnings) const {
  if (count_ > 0 || zeros_ == 0) return;
  warnings.push_back(place_ + ": of " + std::to_string(documents_) + " documents " +
                     std::to_string(zeros_) + " have a vector, all of zeros: none can be compared");
}

void SketchedVectors::for_each(const OnVector& f) const {
  std::vector<float> vector;
  sketches_.for_each([&](DocKey key, std::string_view sketch) {
    if (read_unit(sketch.substr(prefix_), vector)) f(key, vector);
  });
}

}  // namespace shardmill
