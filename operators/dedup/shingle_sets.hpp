// The shingle sets of one connected component, in memory or, beyond its lease, on scratch.
#pragma once

#include <filesystem>
#include <list>
#include <span>
#include <unordered_map>
#include <vector>

#include "cluster/types.hpp"
#include "engine/store/file.hpp"

namespace shardmill {

// Memory: `limit` bytes of shingles, and 40 bytes a document for the index.
class ShingleSets {
 public:
  ShingleSets(std::filesystem::path scratch, u64 limit)
      : scratch_(std::move(scratch)), limit_(limit) {}
  ~ShingleSets();
  ShingleSets(const ShingleSets&) = delete;
  ShingleSets& operator=(const ShingleSets&) = delete;

  // Forgets everything: the next component.
  void clear();
  // `shingles`: u64 back to back, ascending; of any alignment.
  void add(u64 document, std::string_view shingles);
  // Valid until the second call after this one (the two sets of a pair). Throws InternalError for a
  // document that was not added.
  [[nodiscard]] std::span<const u64> get(u64 document);

 private:
  struct Place {
    u64 offset = 0;  // in shingles, into memory_ or the file
    u64 count = 0;
  };
  struct Cached {
    u64 document = 0;
    std::vector<u64> shingles;
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
