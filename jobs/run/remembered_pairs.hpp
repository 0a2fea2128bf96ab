// The pairs that a step has compared, in the store from run to run.
#pragma once

#include <filesystem>
#include <string>

#include "engine/plan/pair_memory.hpp"
#include "jobs/run/documents.hpp"
#include "jobs/run/pipeline.hpp"

namespace shardmill {

// In store/pairs/<name>/: of each run that had pairs to add pairs-<serial>-<rank>, of the last run
// state-<serial>-<rank> (documents, drops, edges) and, when all are there, `done`, which names
// them, the rules, and the fragments whose documents are in them. A fragment of the same name has
// the same documents with the same texts.
class RememberedPairs final : public PairMemory {
 public:
  RememberedPairs(std::filesystem::path folder, const Documents& documents);

  // What cannot be read is not remembered.
  Recalled recall(Cluster& cluster,
                  const std::function<void(const KnownDocument&, bool)>& on_document) override;
  bool recall_pairs(Cluster& cluster,
                    const std::function<void(const ComparedPair&)>& on_pair) override;
  bool recall_decisions(Cluster& cluster, const std::function<void(const Verdict&)>& on_drop,
                        const std::function<void(const Edge&)>& on_edge) override;
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
  // Collective.
  [[nodiscard]] Done read_done(Cluster& cluster) const;
  void write_done(const Done& done) const;
  [[nodiscard]] std::filesystem::path file(const char* kind, u64 serial, u64 number) const;
  [[nodiscard]] std::string name_of(std::size_t fragment) const;
  // By fragment, whether `done` has its documents.
  [[nodiscard]] std::vector<bool> same_fragments(const Done& done) const;
  [[nodiscard]] bool still(const std::vector<bool>& same, u64 key) const;

  std::filesystem::path folder_;
  const Documents& documents_;
};

// By step of the pipeline; empty for steps that compare no documents.
[[nodiscard]] std::vector<std::filesystem::path> pairs_folders(const Pipeline& pipeline,
                                                               const std::filesystem::path& store);

}  // namespace shardmill
