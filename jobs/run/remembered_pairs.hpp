// The pairs that a step has compared, in the store from run to run.
#pragma once

#include <filesystem>
#include <string>

#include "engine/plan/pair_memory.hpp"
#include "jobs/run/documents.hpp"
#include "jobs/run/pipeline.hpp"

namespace shardmill {

// store/pairs/<name>/part-<serial>-<rank> and, when all are there, `done`, which names the serial,
// how many parts it has, by what rule the pairs were chosen and the fragments whose documents are in
// it. A fragment of the same name has the same documents with the same texts, so a pair is known when
// those of both its documents are still there.
class RememberedPairs final : public PairMemory {
 public:
  RememberedPairs(std::filesystem::path folder, const Documents& documents);

  // What cannot be read is not remembered.
  Recalled recall(Cluster& cluster, const std::function<void(const ComparedPair&)>& on_pair,
                  const std::function<void(const KnownDocument&, bool)>& on_document) override;
  void remember(Cluster& cluster, const std::string& by, const Records<ComparedPair>& pairs,
                const Records<KnownDocument>& documents) override;

 private:
  struct Done {
    u64 serial = 0;  // 0: nothing is remembered
    u64 parts = 0;
    std::string by;
    std::vector<std::string> fragments;
  };
  // Collective.
  [[nodiscard]] Done read_done(Cluster& cluster) const;
  [[nodiscard]] std::filesystem::path part(u64 serial, u64 number) const;
  [[nodiscard]] std::string name_of(std::size_t fragment) const;

  std::filesystem::path folder_;
  const Documents& documents_;
};

// By step of the pipeline; empty for steps that compare no documents.
[[nodiscard]] std::vector<std::filesystem::path> pairs_folders(const Pipeline& pipeline,
                                                               const std::filesystem::path& store);

}  // namespace shardmill
