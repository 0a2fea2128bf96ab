// decontaminate: documents that hold items of benchmarks, found by one search and judged by several
// scores side by side.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/plan/global_operator.hpp"
#include "engine/plan/parameter.hpp"
#include "operators/contamination/benchmark_files.hpp"
#include "operators/contamination/cut_spans.hpp"
#include "operators/contamination/found_items.hpp"
#include "operators/contamination/item_vectors.hpp"
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
  u64 planted = 0;              // items that are edited and planted
  std::string vector_settings;  // what vectors depend on beside their files; empty: none are made
};
// `label` names the step in messages. Throws ConfigError.
[[nodiscard]] DecontaminateSettings decontaminate_settings(const Settings& settings,
                                                           const std::string& label);

// Documents are searched in the read pass, each rank its own, against an index of which a machine
// has one copy, a file of the store; a sketch is the hits of one document. Communication: a summary
// of 128 bytes for each item that is hit, and the hits that count. Memory: the index; the items
// that are planted.
class Decontaminate final : public GlobalOperator {
 public:
  // `sources`: names by position. `vectors`: for the score `embedding`, null without it.
  Decontaminate(DecontaminateSettings settings, std::vector<std::string> sources,
                std::unique_ptr<TextSource> vectors = nullptr)
      : settings_(std::move(settings)), sources_(std::move(sources)) {
    if (vectors) vectors_ = std::make_unique<ItemVectors>(std::move(vectors));
  }

  [[nodiscard]] std::vector<std::string> reasons() const override;
  [[nodiscard]] std::size_t sketch_bytes() const override { return kSketchesDiffer; }
  [[nodiscard]] std::string sketch_settings() const override;
  // The index, from the file of an earlier run or from the benchmarks. Throws DataError: see
  // for_each_item; also when these are not what `tables` says.
  std::vector<std::filesystem::path> prepare(const std::filesystem::path& folder,
                                             const std::string& tables) override;
  // Reads the benchmarks when nothing was prepared.
  [[nodiscard]] u64 memory_held() override {
    return index().memory() + (vectors_ ? vectors_->memory(index().size()) : 0);
  }
  [[nodiscard]] u64 memory_shared() override {
    return index().memory() + (vectors_ ? vectors_->file_memory(index().size()) : 0);
  }
  [[nodiscard]] bool sketch_reads_tables() const override { return true; }
  [[nodiscard]] std::vector<std::string> tables() const override;
  [[nodiscard]] std::vector<TableKey> made_tables() const override;
  // For excerpts and for documents to plant items in.
  [[nodiscard]] bool needs_text() const override { return true; }
  [[nodiscard]] bool cuts_text() const override {
    return settings_.action == DecontaminateSettings::Action::cut_span;
  }
  void sketch(const Batch& batch, std::string& out) override;
  void end_fragment() override {
    if (vectors_) vectors_->finish();
  }
  void resolve(Cluster& cluster, Sketches& sketches, u32 step, Findings& findings) override;

 private:
  [[nodiscard]] const ItemIndex& index();
  [[nodiscard]] std::string built_index() const;
  // Of what the benchmarks and settings make: the file of this kind, an earlier run's or made now.
  [[nodiscard]] ArrayFile prepared(const std::filesystem::path& path, const std::string& tables,
                                   const std::function<std::string()>& make) const;
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
  std::vector<u32> exempt_;  // items, ascending
  std::unique_ptr<Scores> scores_;
  std::unique_ptr<ItemSearch> search_;
  std::unique_ptr<ItemVectors> vectors_;  // or null
  WordScanner words_;
  std::vector<u64> hashes_;
  std::vector<PiecePlace> places_;
};

}  // namespace shardmill
