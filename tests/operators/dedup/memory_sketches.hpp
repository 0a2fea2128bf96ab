// Sketches in memory for tests, and the ranking of the documents by brute force.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/exchange/partition.hpp"
#include "engine/hash/hash.hpp"
#include "engine/plan/global_operator.hpp"
#include "tests/engine/records/cluster_shapes.hpp"

namespace shardmill {

// A number below `below`.
inline u32 draw(std::mt19937& random, u32 below) { return static_cast<u32>(random() % below); }

struct SketchedDocument {
  std::string sketch;
  std::string text = {};
};
using SketchedDocuments = std::map<DocKey, SketchedDocument>;

// All documents are known to every rank; each gives those it is home to. Homes are scattered, with
// nothing of a rank's in order but the keys.
class MemorySketches final : public Sketches {
 public:
  MemorySketches(const SketchedDocuments& documents, Rank rank, u32 ranks,
                 PairMemory* pairs = nullptr)
      : documents_(documents), rank_(rank), ranks_(ranks), pairs_(pairs) {}

  void for_each(const std::function<void(DocKey, std::string_view)>& f) override {
    for (const auto& [key, document] : documents_) {
      if (home(key) == rank_) f(key, document.sketch);
    }
  }
  void for_each_of(const Records<u64>& wanted,
                   const std::function<void(DocKey, std::string_view)>& f) override {
    wanted.for_each([&](u64 key) {
      EXPECT_EQ(home(DocKey{key}), rank_);
      f(DocKey{key}, documents_.at(DocKey{key}).sketch);
    });
  }
  [[nodiscard]] PairMemory* pairs() override { return pairs_; }
  [[nodiscard]] Rank home(DocKey key) const override {
    return owner_of(mix64(key.value + 1), ranks_);
  }
  [[nodiscard]] std::string id_of(DocKey key) const override { return "id of " + key.text(); }
  void for_each_text(Records<Wanted>& wanted,
                     const std::function<void(const Wanted&, std::string_view)>& f) override {
    wanted.for_each([&](const Wanted& one) {
      EXPECT_EQ(home(one.key), rank_)
          << "asked a rank that does not have document " << one.key.text();
      f(one, documents_.at(one.key).text);
      ++texts_read;
    });
  }

  u64 texts_read = 0;

 private:
  const SketchedDocuments& documents_;
  Rank rank_;
  u32 ranks_;
  PairMemory* pairs_;
};

// Foreign documents first, then by the first `prefix` bytes of the sketch, then by key.
inline std::vector<DocKey> ranked(const SketchedDocuments& documents, std::size_t prefix) {
  std::vector<std::tuple<bool, std::string, DocKey>> order;
  for (const auto& [key, document] : documents) {
    const bool ours = !key.foreign();
    order.emplace_back(ours, ours ? document.sketch.substr(0, prefix) : std::string(), key);
  }
  std::sort(order.begin(), order.end());
  std::vector<DocKey> keys;
  for (const auto& [ours, priority, key] : order) keys.push_back(key);
  return keys;
}

// (better, worse), by key.
using KeyPair = std::pair<DocKey, DocKey>;

}  // namespace shardmill
