// decontaminate: documents that hold items of benchmarks, found by one search and judged by several
// scores side by side.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/plan/global_operator.hpp"
#include "engine/plan/parameter.hpp"
#include "operators/contamination/benchmark_files.hpp"
#include "operators/contamination/item_search.hpp"

namespace shardmill {

// How a hit is judged. Each gives a share, and decides where that reaches what the job asks for.
enum class Score : u8 {
  aligned,   // weight of the item's words in their order; no other numbers
  part,      // words of the longest part of the item that stands as it is; no other numbers
  brief,     // "short": the whole of an item with fewer words than the n of `ngram`
  ngram,     // n-grams of the item that stand there
  coverage,  // the same of shorter ones (Llama 3: 8)
};
inline constexpr std::array<std::pair<std::string_view, Score>, 5> kScoreNames = {
    {{"aligned", Score::aligned},
     {"part", Score::part},
     {"short", Score::brief},
     {"ngram", Score::ngram},
     {"coverage", Score::coverage}}};

// What a score says of one hit.
struct Share {
  u64 num = 0;
  u64 den = 1;
};

struct DecontaminateSettings {
  enum class Action : u8 { report, drop_document };

  BenchmarkFiles benchmarks;
  std::string table;  // name of the one it makes
  SearchSettings search;
  std::vector<Score> decide;
  Action action = Action::drop_document;
  // Thresholds of shares, in ten-thousandths.
  u64 aligned = 0;        // of items with at least `ngram` words
  u64 aligned_short = 0;  // of those with ItemIndex::kLeastWords; between them a straight line
  u64 part = 0;
  u64 coverage = 0;
  u64 part_words = 0;               // at least so many
  u64 ngrams = 1;                   // at least so many
  std::vector<std::string> exempt;  // BENCHMARK/ID: reported, never dropped for
};
// `label` names the step in messages. Throws ConfigError.
[[nodiscard]] DecontaminateSettings decontaminate_settings(const Settings& settings,
                                                           const std::string& label);

// Documents are searched in the read pass, each rank its own, against an index that every rank has;
// a sketch is the hits of one document. Communication: a summary of 48 bytes for each item that is
// hit, and the hits that count. Memory: the index.
class Decontaminate final : public GlobalOperator {
 public:
  explicit Decontaminate(DecontaminateSettings settings) : settings_(std::move(settings)) {}

  [[nodiscard]] std::vector<std::string> reasons() const override;
  [[nodiscard]] std::size_t sketch_bytes() const override { return kSketchesDiffer; }
  [[nodiscard]] std::string sketch_settings() const override;
  // Reads the benchmarks when nothing has done so. Throws DataError: see read_benchmarks.
  [[nodiscard]] u64 memory_held() override { return index().memory(); }
  [[nodiscard]] bool sketch_reads_tables() const override { return true; }
  [[nodiscard]] std::vector<std::string> tables() const override {
    return settings_.benchmarks.files;
  }
  [[nodiscard]] std::string made_table() const override { return settings_.table; }
  void sketch(const Batch& batch, std::string& out) override;
  void resolve(Cluster& cluster, Sketches& sketches, u32 step, Findings& findings) override;

 private:
  struct StoredHit;
  struct Summary;
  [[nodiscard]] const ItemIndex& index();
  [[nodiscard]] Share share(Score score, const StoredHit& hit) const;
  [[nodiscard]] bool is_aligned(Share found, u64 words) const;
  [[nodiscard]] bool decides(Score score, const StoredHit& hit) const;
  [[nodiscard]] std::optional<Score> decision(const StoredHit& hit) const;
  [[nodiscard]] Match match(Score score, const StoredHit& hit) const;
  void report_items(Cluster& cluster, Records<Summary>&& hit, Findings& findings);

  DecontaminateSettings settings_;
  std::unique_ptr<ItemIndex> index_;
  std::unique_ptr<ItemSearch> search_;
  WordScanner words_;
  std::vector<u64> hashes_;
};

}  // namespace shardmill
