// How much the search finds of items that it has edited and planted itself, in this corpus.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/plan/global_operator.hpp"
#include "operators/contamination/benchmark_files.hpp"
#include "operators/contamination/item_tables.hpp"
#include "operators/contamination/item_vectors.hpp"
#include "operators/contamination/planting.hpp"

namespace shardmill {

// The texts of some items: of those that are planted, and of those that are shown.
class ItemTexts {
 public:
  ItemTexts(const ItemIndex& index, u64 planted, const std::vector<ShownItem>& shown);
  // Throws DataError: see for_each_item.
  void read(const BenchmarkFiles& benchmarks);
  [[nodiscard]] const std::string& of(const std::string& name) const;

 private:
  std::map<std::string, std::string, std::less<>> texts_;
};

// Collective: the table NAME_excerpts.
void show_excerpts(Cluster& cluster, Sketches& sketches, const std::vector<ShownItem>& shown,
                   const ItemIndex& index, const ItemTexts& texts, const std::string& name,
                   Findings& findings);

class PlantedRecall {
 public:
  static constexpr u64 kMostHosts = 256;  // documents

  PlantedRecall(Cluster& cluster, const std::string& label, u64 planted);
  [[nodiscard]] static TableKey key(const std::string& name) {
    return {name + "_recall", {"kind", "words", "score"}};
  }
  // A document without any item: something may be planted in it.
  void offer(DocKey document);
  // Collective: the table NAME_recall.
  // `vectors`: may be null.
  void measure(Sketches& sketches, const ItemIndex& index, const Scores& scores, ItemSearch& search,
               ItemVectors* vectors, const ItemTexts& texts, const std::string& name,
               Findings& findings);

 private:
  struct Host {
    u64 number = 0;
    u64 key = 0;
    auto operator<=>(const Host&) const = default;
    [[nodiscard]] u64 leading() const { return number; }
  };
  // Of those at home here.
  [[nodiscard]] std::vector<std::optional<std::string>> beginnings_here(
      Sketches& sketches, const std::vector<Host>& hosts);

  Cluster& cluster_;
  std::string label_;
  u64 planted_;
  Records<Host> hosts_;
};

}  // namespace shardmill
