// What was decided so far about the documents at home here, and the view that gives the next step.
#pragma once

#include <memory>
#include <vector>

#include "engine/plan/global_operator.hpp"
#include "jobs/run/documents.hpp"

namespace shardmill {

// Drops by steps that are not row steps, one sorted sequence per step.
class Decisions {
 public:
  // Takes the drops of one step, sorted, each at its document's home.
  void add(Records<Verdict>&& drops) { steps_.push_back(std::move(drops)); }

  // Walks along documents in key order.
  class Walk {
   public:
    explicit Walk(const Decisions& decisions);
    // The drop of this document, or null. Keys come in ascending order.
    const Verdict* at(DocKey key);

   private:
    std::vector<Records<Verdict>::Cursor> cursors_;
    std::vector<const Verdict*> heads_;
  };
  [[nodiscard]] Walk walk() const { return Walk(*this); }

 private:
  std::vector<Records<Verdict>> steps_;
};

// The documents that a step sees (DESIGN 3): no drop at an earlier step. With `all` the drops of
// row steps do not count, and `earlier` says which others do. `pairs`: null when the step remembers
// none. `begun` outlives it.
class AliveSketches final : public Sketches {
 public:
  AliveSketches(const Documents& documents, const Decisions& earlier, u32 step,
                std::size_t sketch_bytes, bool all, PairMemory* pairs, const BegunWork& begun)
      : documents_(documents),
        earlier_(earlier),
        step_(step),
        sketch_bytes_(sketch_bytes),
        all_(all),
        pairs_(pairs),
        begun_(begun) {}

  void for_each(const std::function<void(DocKey, std::string_view)>& f) override {
    for_each(nullptr, f);
  }
  void for_each_of(const Records<u64>& wanted,
                   const std::function<void(DocKey, std::string_view)>& f) override {
    for_each(&wanted, f);
  }
  void for_each_key(const std::function<void(DocKey)>& f) override;
  [[nodiscard]] Rank home(DocKey key) const override { return documents_.home(key); }
  [[nodiscard]] std::string id_of(DocKey key) const override;
  void for_each_text(Records<Wanted>& wanted,
                     const std::function<void(const Wanted&, std::string_view)>& f) override;
  [[nodiscard]] PairMemory* pairs() override { return pairs_; }
  [[nodiscard]] const BegunWork* begun() override { return &begun_; }

 private:
  // Null: all documents.
  void for_each(const Records<u64>* wanted, const std::function<void(DocKey, std::string_view)>& f);
  // f(block, which of its rows the step sees).
  void for_each_block(
      const std::function<void(const Documents::Block&, const std::vector<bool>&)>& f);

  const Documents& documents_;
  const Decisions& earlier_;
  u32 step_;
  std::size_t sketch_bytes_;
  bool all_;
  PairMemory* pairs_;
  const BegunWork& begun_;
};

// Collective. Brings verdicts to the homes of their documents, sorted.
[[nodiscard]] Records<Verdict> bring_home(Cluster& cluster, const Documents& documents,
                                          const std::string& name, const Records<Verdict>& drops);

}  // namespace shardmill
