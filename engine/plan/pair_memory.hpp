// What a step has learned of pairs of documents, and decided, for the next run.
#pragma once

#include <functional>
#include <string>

#include "engine/algorithm/connected_components.hpp"
#include "engine/plan/verdict.hpp"
#include "engine/records/records.hpp"

namespace shardmill {

// Two documents (DocKey values) and what their texts say of them, whatever the threshold.
struct ComparedPair {
  static constexpr u32 kNotCounted = UINT32_MAX;
  // Where it was remembered, of those that come from the memory.
  static constexpr u32 kBegun = 1;      // by a run that has not ended: it need not be a candidate
  static constexpr u32 kCommitted = 2;  // which this run goes on with: it need not be given again

  u64 better_key = 0;
  u64 worse_key = 0;
  u32 better_size = 0;  // elements of its set
  u32 worse_size = 0;
  u32 common = 0;  // kNotCounted: the sizes told them apart, or are 0: nobody has compared them
  u32 from = 0;    // kBegun, kCommitted
  auto operator<=>(const ComparedPair&) const = default;
  [[nodiscard]] u64 leading() const { return better_key; }
  [[nodiscard]] u64 following() const { return worse_key; }
  // Without sizes, so that they tell nobody apart.
  static ComparedPair not_compared(u64 better_key, u64 worse_key) {
    return {better_key, worse_key, 0, 0, kNotCounted};
  }
};

// A document that the step saw.
struct KnownDocument {
  static constexpr u64 kDecisive = 1;  // pairs of others depend on its being there
  static constexpr u64 kDropped = 2;

  u64 key = 0;  // DocKey value
  u64 facts = 0;
  auto operator<=>(const KnownDocument&) const = default;
  [[nodiscard]] u64 leading() const { return key; }
};

struct Recalled {
  bool whole = false;      // there was a memory, and this rank has lost no document of it
  std::string by;          // what rule pairs were chosen by
  std::string decided_by;  // and what was decided
  u64 pairs = 0;           // of all ranks
};

// What all ranks give.
struct ToRemember {
  std::string by;
  std::string decided_by;
  const Records<ComparedPair>& pairs;  // all that are not committed, or of these
  bool beside;                         // those that come to the ones remembered
  const Records<KnownDocument>& documents;
  const Records<Verdict>& drops;
  const Records<Edge>& edges;
};

// Of one step. What was not remembered, or is lost, is computed again. Everything is collective,
// and gives what there is at one rank or another, in any order; functions may put rows into
// exchanges.
class PairMemory {
 public:
  virtual ~PairMemory() = default;
  // `still`: the document is what it was.
  virtual Recalled recall(
      Cluster& cluster,
      const std::function<void(const KnownDocument&, bool still)>& on_document) = 0;
  // Of documents that both are what they were. False: this rank has lost some.
  virtual bool recall_pairs(Cluster& cluster,
                            const std::function<void(const ComparedPair&)>& on_pair) = 0;
  // Of such documents too, what runs have compared that did not come to their end; nothing is known
  // of others. False: this rank has lost some.
  virtual bool recall_begun(Cluster& cluster,
                            const std::function<void(const ComparedPair&)>& on_pair) = 0;
  // After it, with what it said. Whether this run goes on with these pairs, since none is lost and
  // it has the same candidates; the same on all ranks.
  virtual bool goes_on(Cluster& cluster, bool whole) = 0;
  // False: this rank has lost some.
  virtual bool recall_decisions(Cluster& cluster,
                                const std::function<void(const Verdict&)>& on_drop,
                                const std::function<void(const Edge&)>& on_edge) = 0;
  // More pairs that were compared, for a run that goes on when this one does not come to its end.
  // When it returns they are kept on all ranks; one that dies before leaves what was. After
  // goes_on().
  virtual void commit(Cluster& cluster, const Records<ComparedPair>& pairs) = 0;
  // With all pairs that were committed in this run and those that it goes on with, takes the place
  // of all that was remembered.
  virtual void remember(Cluster& cluster, const ToRemember& what) = 0;
};

}  // namespace shardmill
