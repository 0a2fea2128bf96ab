// What a step has learned of pairs of documents, for the next run.
#pragma once

#include <functional>
#include <string>

#include "engine/records/records.hpp"

namespace shardmill {

// Two documents (DocKey values) and what their texts say of them, whatever the threshold.
struct ComparedPair {
  static constexpr u32 kNotCounted = UINT32_MAX;

  u64 better_key = 0;
  u64 worse_key = 0;
  u32 better_size = 0;  // elements of its set
  u32 worse_size = 0;
  u32 common = 0;  // kNotCounted: the sizes alone told them apart
  u32 unused = 0;
  auto operator<=>(const ComparedPair&) const = default;
  [[nodiscard]] u64 leading() const { return better_key; }
  [[nodiscard]] u64 following() const { return worse_key; }
};

// A document that the step saw.
struct KnownDocument {
  u64 key = 0;       // DocKey value
  u64 decisive = 0;  // 1: pairs of others depend on its being there
  auto operator<=>(const KnownDocument&) const = default;
  [[nodiscard]] u64 leading() const { return key; }
};

struct Recalled {
  bool whole = false;  // there was a memory, and this rank has lost nothing of it
  std::string by;      // what rule the pairs were chosen by
};

// Of one step. What was not remembered, or is lost, is computed again.
class PairMemory {
 public:
  virtual ~PairMemory() = default;
  // Collective. Gives each pair of documents that both are what they were, and each document, at one
  // rank or another, in any order; `still`: it is what it was. Both functions may put rows into
  // exchanges.
  virtual Recalled recall(
      Cluster& cluster, const std::function<void(const ComparedPair&)>& on_pair,
      const std::function<void(const KnownDocument&, bool still)>& on_document) = 0;
  // Collective. Takes the place of all that was remembered. What all ranks give.
  virtual void remember(Cluster& cluster, const std::string& by,
                        const Records<ComparedPair>& pairs,
                        const Records<KnownDocument>& documents) = 0;
};

}  // namespace shardmill
