// What the whole search says: tables by item, by source and by threshold, and excerpts.
//
// tests/oracle/contamination_report.py says the same in Python.
#pragma once

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/plan/global_operator.hpp"
#include "operators/contamination/found_items.hpp"
#include "operators/contamination/scores.hpp"

namespace shardmill {

// A row of a made table, one value after the other in the order of the columns.
class TableRow {
 public:
  TableRow& text(std::string_view value);
  TableRow& number(u64 value);
  TableRow& boolean(bool value);
  TableRow& absent();
  // Pushes the row under its key, and begins the next.
  void push(const std::vector<std::optional<std::string_view>>& key, Rows& table);

 private:
  std::string payload_;
};

// An item beside the document that has most of it.
struct ShownItem {
  u64 documents = 0;  // that have it
  u32 item = 0;
  DocKey document{0};
  ByteSpan bytes;
};

// What documents say of one item: of one source, or of all.
struct ItemSummary {
  static constexpr u64 kNoScore = kScoreNames.size();
  u64 key = 0;                // item, and source below 2^32
  u64 dirty = 0;              // documents in which a score decides
  u64 partly = 0;             // others with a hit
  u64 run = 0;                // the longest
  u64 weight = 0;             // the greatest, of dirty documents if there are any
  u64 detector = kNoScore;    // what decides in `document`: a Score
  u64 document = UINT64_MAX;  // of the greatest weight the first, and where it stands there
  u64 begin = 0;
  u64 end = 0;
  std::array<u64, kScoreNames.size()> steps = {};  // that each score reaches in some document
  auto operator<=>(const ItemSummary&) const = default;
  [[nodiscard]] u64 leading() const { return key; }
  [[nodiscard]] u32 item() const { return narrow<u32>(key >> 32); }
  [[nodiscard]] u32 source() const { return static_cast<u32>(key); }

  void add(const ItemSummary& other) {
    const bool other_counts = (other.dirty > 0) > (dirty > 0);
    const bool same = (other.dirty > 0) == (dirty > 0);
    dirty += other.dirty;
    partly += other.partly;
    run = std::max(run, other.run);
    for (std::size_t s = 0; s < steps.size(); ++s) steps[s] = std::max(steps[s], other.steps[s]);
    const bool heavier =
        other.weight > weight || (other.weight == weight && other.document < document);
    const bool better = other_counts || (same && heavier);
    if (!better) return;
    weight = other.weight;
    detector = other.detector;
    document = other.document;
    begin = other.begin;
    end = other.end;
  }
};

// Memory: a lease of 128 bytes for each item and source with a hit; 1,232 bytes a benchmark.
class ItemTables {
 public:
  static constexpr std::size_t kMostShown = 50;
  // An item that more documents have, and more than one of so many, is no leak: licences, idioms.
  static constexpr u64 kCommonDocuments = 10;
  static constexpr u64 kCommonShare = 10'000;

  // `sources`: names by position. Index and scores outlive the tables.
  ItemTables(Cluster& cluster, const std::string& label, const ItemIndex& index,
             const Scores& scores, std::vector<std::string> sources);
  [[nodiscard]] static std::vector<TableKey> keys(const std::string& name);

  // What was found in one document, at least one item, and what decides of each.
  void add(DocKey document, const FoundItems& found,
           const std::vector<std::optional<Score>>& decisions);

  // Collective. `documents`: that were looked at on this rank. Makes the tables NAME, NAME_sources
  // and NAME_sweep. Returns what NAME_excerpts is to show, the same on every rank.
  [[nodiscard]] std::vector<ShownItem> finish(u64 documents, const std::string& name,
                                              Findings& findings);
  // `text_of`: an item's text.
  static void add_excerpt(const ShownItem& shown, std::string_view item_name,
                          std::string_view item_text, std::string_view document, Rows& excerpts);
  [[nodiscard]] static Rows& make_excerpts(const std::string& name, Findings& findings);

 private:
  static constexpr std::size_t kSteps = 11;  // 50, 55 … 100 per cent
  static constexpr std::size_t kScores = kScoreNames.size();
  struct SourceCounts {
    u64 dirty = 0;
    u64 partly = 0;
    u64 items = 0;
  };

  [[nodiscard]] u32 steps_reached(Score score, const ItemHit& hit) const;
  [[nodiscard]] u32 benchmark_of(std::string_view name) const;
  void source_table(const std::string& name, Findings& findings);
  void sweep_table(const std::string& name, Findings& findings);
  void item_row(const ItemSummary* summary, std::string_view name, bool common, Rows& table);

  Cluster& cluster_;
  std::string label_;
  const ItemIndex& index_;
  const Scores& scores_;
  std::vector<std::string> sources_;
  std::vector<std::string> benchmarks_;  // ascending
  Records<ItemSummary> found_;
  std::map<std::pair<u32, u32>, SourceCounts> by_source_;  // (benchmark, source)
  // By benchmark, score and step: documents and items that reach it, exactly.
  std::vector<u64> documents_;
  std::vector<u64> items_;
};

}  // namespace shardmill
