// decontaminate: documents that hold items of benchmarks, found by one search and judged by several
// scores side by side.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/plan/global_operator.hpp"
#include "engine/plan/parameter.hpp"
#include "operators/contamination/benchmark_files.hpp"
#include "operators/contamination/cut_spans.hpp"
#include "operators/contamination/found_items.hpp"
#include "operators/contamination/scores.hpp"

namespace shardmill {

struct DecontaminateSettings {
  enum class Action : u8 { report, drop_document, cut_span };

  BenchmarkFiles benchmarks;
  std::string table;  // name of the tables it makes
  ScoreSettings scores;
  Action action = Action::drop_document;
  std::vector<std::string> exempt;  // BENCHMARK/ID: reported, never dropped for
  CutSettings cut;
  u64 planted = 0;  // items that are edited and planted
};
// `label` names the step in messages. Throws ConfigError.
[[nodiscard]] DecontaminateSettings decontaminate_settings(const Settings& settings,
                                                           const std::string& label);

// Documents are searched in the read pass, each rank its own, against an index of which a machine
// has one copy, a file of the store; a sketch is the hits of one document. Communication: a summary
// of 104 bytes for each item that is hit, and the hits that count. Memory: the index; the items
// that are planted.
class Decontaminate final : public GlobalOperator {
 public:
  // `sources`: names by position.
  Decontaminate(DecontaminateSettings settings, std::vector<std::string> sources)
      : settings_(std::move(settings)), sources_(std::move(sources)) {}

  [[nodiscard]] std::vector<std::string> reasons() const override;
  [[nodiscard]] std::size_t sketch_bytes() const override { return kSketchesDiffer; }
  [[nodiscard]] std::string sketch_settings() const override;
  // The index, from the file of an earlier run or from the benchmarks. Throws DataError: see
  // for_each_item; also when these are not what `tables` says.
  void prepare(const std::filesystem::path& folder, const std::string& tables) override;
  // Reads the benchmarks when nothing was prepared.
  [[nodiscard]] u64 memory_held() override { return index().memory(); }
  [[nodiscard]] u64 memory_shared() override { return index().memory(); }
  [[nodiscard]] bool sketch_reads_tables() const override { return true; }
  [[nodiscard]] std::vector<std::string> tables() const override {
    return settings_.benchmarks.files;
  }
  [[nodiscard]] std::vector<TableKey> made_tables() const override;
  // For excerpts and for documents to plant items in.
  [[nodiscard]] bool needs_text() const override { return true; }
  [[nodiscard]] bool cuts_text() const override {
    return settings_.action == DecontaminateSettings::Action::cut_span;
  }
  void sketch(const Batch& batch, std::string& out) override;
  void resolve(Cluster& cluster, Sketches& sketches, u32 step, Findings& findings) override;

 private:
  [[nodiscard]] const ItemIndex& index();
  [[nodiscard]] std::string built_index() const;
  void use(ArrayFile file);
  [[nodiscard]] ItemMatch match(Score score, const ItemHit& hit, ByteSpan bytes) const;
  // What decides of a document, the best first.
  [[nodiscard]] std::vector<ItemMatch> matches(
      const FoundItems& found, const std::vector<std::optional<Score>>& decisions) const;
  void cut(Cluster& cluster, Sketches& sketches, const Rows& sketched, u32 step,
           Findings& findings);

  DecontaminateSettings settings_;
  std::vector<std::string> sources_;
  std::unique_ptr<ItemIndex> index_;
  std::unique_ptr<Scores> scores_;
  std::unique_ptr<ItemSearch> search_;
  WordScanner words_;
  std::vector<u64> hashes_;
  std::vector<PiecePlace> places_;
};

}  // namespace shardmill
