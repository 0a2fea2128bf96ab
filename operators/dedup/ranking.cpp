#include "operators/dedup/ranking.hpp"

#include <array>
#include <cstring>

#include "engine/algorithm/sort.hpp"
#include "engine/exchange/shuffle.hpp"

namespace shardmill {
namespace {

struct Prioritised {
  std::array<u8, KeepRule::kMostCriteria * KeepRule::kCriterionBytes> priority{};
  u64 arrival = 0;  // foreign documents first
  auto operator<=>(const Prioritised&) const = default;
};

u64 arrival_of(DocKey key) {
  return key.value ^ u64 { 1 } << 63;
}
DocKey key_of(u64 arrival) { return {arrival ^ u64{1} << 63}; }

}  // namespace

Ranking::Ranking(Cluster& cluster, const std::string& name, std::size_t priority_bytes,
                 Sketches& sketches)
    : prefix_(priority_bytes) {
  if (prefix_ == 0) return;
  Records<Prioritised> all(cluster, name + ".priorities",
                           cluster.budget.lease(name + ".priorities", 0.1));
  sketches.for_each([&](DocKey key, std::string_view sketch) {
    Prioritised record;
    // All zeros: nothing of ours is as good, since foreign documents are published already.
    if (!key.foreign()) std::memcpy(record.priority.data(), sketch.data(), prefix_);
    record.arrival = arrival_of(key);
    all.push(record);
  });
  all = sort(cluster, name + ".rank", std::move(all));
  u64 node = 0;
  const std::vector<std::string> sizes = cluster.control.all_gather(std::to_string(all.size()));
  for (u32 r = 0; r < cluster.rank().value; ++r) node += std::stoull(sizes[r]);

  Shuffle<Placed> homeward(cluster, name + ".ranks", cluster.budget.lease(name + ".ranks", 0.05));
  all.for_each([&](const Prioritised& record) {
    const DocKey key = key_of(record.arrival);
    homeward.put(sketches.home(key), {key, node++});
  });
  placed_.emplace(homeward.finish());
  placed_->sort();
}

void Ranking::for_each(
    Sketches& sketches,
    const std::function<void(u64 node, DocKey key, std::string_view sketch)>& f) const {
  if (!placed_) {
    sketches.for_each(
        [&](DocKey key, std::string_view sketch) { f(arrival_of(key), key, sketch); });
    return;
  }
  auto placed = placed_->cursor();
  sketches.for_each([&](DocKey key, std::string_view sketch) {
    const Placed* at = placed.next();
    if (at == nullptr || at->key != key) throw InternalError("no rank for document " + key.text());
    f(at->node, key, sketch.substr(prefix_));
  });
}

}  // namespace shardmill
