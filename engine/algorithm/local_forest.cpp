#include "engine/algorithm/local_forest.hpp"

#include <algorithm>
#include <bit>

#include "engine/hash/hash.hpp"

namespace shardmill {

LocalForest::LocalForest(u64 bytes, u64 most_nodes)
    : slots_(std::min(std::bit_floor(std::max<u64>(bytes / (sizeof(Slot) + 1), 16)),
                      std::bit_ceil(2 * most_nodes + 16))),
      taken_(slots_.size()) {}

std::size_t LocalForest::slot_of(u64 node) {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = mix64(node) & mask;
  while (taken_[slot] && slots_[slot].node != node) slot = (slot + 1) & mask;
  if (!taken_[slot]) {
    taken_[slot] = true;
    slots_[slot] = {node, slot};
    ++used_;
  }
  return slot;
}

std::size_t LocalForest::find(std::size_t slot) {
  while (slots_[slot].parent != slot) {
    slots_[slot].parent = slots_[slots_[slot].parent].parent;
    slot = slots_[slot].parent;
  }
  return slot;
}

void LocalForest::unite(u64 a, u64 b) {
  std::size_t root_a = find(slot_of(a));
  std::size_t root_b = find(slot_of(b));
  if (slots_[root_b].node < slots_[root_a].node) std::swap(root_a, root_b);
  slots_[root_b].parent = root_a;
}

void LocalForest::clear() {
  std::fill(taken_.begin(), taken_.end(), false);
  used_ = 0;
}

}  // namespace shardmill
