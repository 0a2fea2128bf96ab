// The pairs that a step has compared, in the store from run to run.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "engine/plan/pair_memory.hpp"
#include "jobs/run/documents.hpp"
#include "jobs/run/pipeline.hpp"

namespace shardmill {

// In store/pairs/<name>/: of each run that had pairs to add, and of each commit within one,
// pairs-<serial>-<rank>, of the last run that came to its end state-<serial>-<rank> (documents,
// drops, edges) and, when all are there, `done`, which names them, the rules, and the fragments
// whose documents are in them. A fragment of the same name has, behind as many row steps, the same
// documents with the same texts. `begun` does so for what was compared since `done` was written.
// What neither names counts for nothing, and goes with the next `done`.
class RememberedPairs final : public PairMemory {
 public:
  // `step`: names all that its candidates depend on. `on_commit` is called on rank 0, after each
  // commit().
  RememberedPairs(
      std::filesystem::path folder, const Documents& documents, std::string step,
      std::function<void()> on_commit = [] {});

  // What cannot be read is not remembered.
  Recalled recall(Cluster& cluster,
                  const std::function<void(const KnownDocument&, bool)>& on_document) override;
  bool recall_pairs(Cluster& cluster,
                    const std::function<void(const ComparedPair&)>& on_pair) override;
  bool recall_begun(Cluster& cluster,
                    const std::function<void(const ComparedPair&)>& on_pair) override;
  bool recall_decisions(Cluster& cluster, const std::function<void(const Verdict&)>& on_drop,
                        const std::function<void(const Edge&)>& on_edge) override;
  bool goes_on(Cluster& cluster, bool whole) override;
  void commit(Cluster& cluster, const Records<ComparedPair>& pairs) override;
  void remember(Cluster& cluster, const ToRemember& what) override;

  // So many runs in a row add files; the next one makes one run's of all.
  static constexpr std::size_t kMostLayers = 16;

 private:
  struct Layer {
    u64 serial = 0;
    u64 parts = 0;
  };
  struct Done {
    u64 serial = 0;  // of the state, and of the last layer; 0: nothing is remembered
    u64 parts = 0;   // of the state
    std::string by;
    std::string decided_by;
    u64 pairs = 0;
    std::vector<Layer> layers;
    std::vector<std::string> fragments;
  };
  struct Begun {
    u64 after = 0;     // the serial of `done`: another one has them already, or has forgotten them
    std::string step;  // who compared them
    u64 pairs = 0;
    std::vector<Layer> layers;
    std::vector<std::string> fragments;
  };
  // Collective.
  [[nodiscard]] Done read_done(Cluster& cluster) const;
  [[nodiscard]] Begun read_begun(Cluster& cluster, const Done& done) const;
  void write_begun() const;
  void write_done(const Done& done) const;
  [[nodiscard]] std::filesystem::path file(const char* kind, u64 serial, u64 number) const;
  [[nodiscard]] std::string name_of(std::size_t fragment) const;
  [[nodiscard]] std::vector<std::string> fragment_names() const;
  // By fragment, whether it is one of these.
  [[nodiscard]] std::vector<bool> same_fragments(const std::vector<std::string>& names) const;
  // This rank's share of all pairs of these layers; false: some of them cannot be read.
  [[nodiscard]] bool read_pairs(const Cluster& cluster, const std::vector<Layer>& layers,
                                const std::function<void(const ComparedPair&)>& f) const;
  [[nodiscard]] bool still(const std::vector<bool>& same, u64 key) const;

  std::filesystem::path folder_;
  const Documents& documents_;
  std::string step_;
  std::function<void()> on_commit_;
  Begun begun_;          // what this run goes on with, and has committed
  u64 last_serial_ = 0;  // that names something
};

// By step of the pipeline; empty for steps that compare no documents.
[[nodiscard]] std::vector<std::filesystem::path> pairs_folders(const Pipeline& pipeline,
                                                               const std::filesystem::path& store);

}  // namespace shardmill
