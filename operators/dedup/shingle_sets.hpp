// The shingle sets of one connected component (shingle_bitmap.hpp), in memory or, beyond its lease,
// on scratch.
#pragma once

#include <filesystem>
#include <list>
#include <span>
#include <unordered_map>
#include <vector>

#include "cluster/types.hpp"
#include "engine/store/file.hpp"

namespace shardmill {

// Memory: `limit` bytes of sets, and 40 bytes a document for the index.
class ShingleSets {
 public:
  ShingleSets(std::filesystem::path scratch, u64 limit)
      : scratch_(std::move(scratch)), limit_(limit) {}
  ~ShingleSets();
  ShingleSets(const ShingleSets&) = delete;
  ShingleSets& operator=(const ShingleSets&) = delete;

  // Forgets everything: the next component.
  void clear();
  void add(u64 document, std::span<const u64> set);
  // Valid until the second call after this one. Throws InternalError for a
  // document that was not added.
  [[nodiscard]] std::span<const u64> get(u64 document);

 private:
  struct Place {
    u64 offset = 0;  // in u64, into memory_ or the file
    u64 count = 0;
  };
  struct Cached {
    u64 document = 0;
    std::vector<u64> set;
  };
  void spill();

  std::filesystem::path scratch_;
  u64 limit_;
  std::vector<u64> memory_;
  std::unordered_map<u64, Place> places_;
  File file_;  // open once the component has outgrown memory
  u64 in_file_ = 0;
  std::list<Cached> cache_;  // most recently used first
  std::unordered_map<u64, std::list<Cached>::iterator> cached_;
  u64 cached_bytes_ = 0;
};

}  // namespace shardmill
