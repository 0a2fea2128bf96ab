// Union-find over the nodes of one rank in a fixed amount of memory.
#pragma once

#include <span>
#include <vector>

#include "cluster/types.hpp"

namespace shardmill {

// Roots are the smallest node of their tree; paths are halved (Tarjan & van Leeuwen 1984). Nodes
// are any u64, found by open addressing.
class LocalForest {
 public:
  // Takes about `bytes`, less when `most_nodes` need less; at least enough for some nodes.
  LocalForest(u64 bytes, u64 most_nodes);

  // False when the table is half full and may have no room for two more nodes.
  [[nodiscard]] bool has_room() const { return used_ + 2 <= slots_.size() / 2; }
  // Needs has_room().
  void unite(u64 a, u64 b);
  // f(node, root) for every node, then forgets them all.
  template <class F>
  void drain(F&& f) {
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      if (taken_[i]) f(slots_[i].node, slots_[find(i)].node);
    }
    clear();
  }

 private:
  struct Slot {
    u64 node;
    u64 parent;  // a slot; a root is its own
  };
  [[nodiscard]] std::size_t slot_of(u64 node);
  [[nodiscard]] std::size_t find(std::size_t slot);
  void clear();

  std::vector<Slot> slots_;  // a power of two
  std::vector<bool> taken_;
  std::size_t used_ = 0;
};

}  // namespace shardmill
