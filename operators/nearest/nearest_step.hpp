// nearest: the documents of another dataset whose vectors are nearest to those of each document.
#pragma once

#include <string>
#include <vector>

#include "engine/plan/parameter.hpp"
#include "operators/nearest/neighbours.hpp"
#include "operators/nearest/recall_row.hpp"

namespace shardmill {

struct NearestSettings {
  std::string label;
  std::string column;
  std::string name;  // of what it adds
  TrainingSettings training;
  NeighbourSettings search;
};

[[nodiscard]] NearestSettings nearest_settings(const Settings& settings, const std::string& label);

// A sketch is the unit vector of a document and, where it is of another dataset, its id. Documents
// without a vector, or with one of zeros, have no neighbours and are none.
class NearestStep final : public GlobalOperator {
 public:
  explicit NearestStep(NearestSettings settings) : settings_(std::move(settings)) {}

  [[nodiscard]] std::vector<std::string> reasons() const override { return {}; }
  [[nodiscard]] std::size_t sketch_bytes() const override { return kSketchesDiffer; }
  [[nodiscard]] u64 memory_held() override { return FlatSearch::memory(); }
  [[nodiscard]] std::string sketch_settings() const override { return settings_.column; }
  [[nodiscard]] std::vector<std::string> columns_compared() const override {
    return {settings_.column};
  }
  // JSON arrays, nearest first: DATASET@N/ID, and cosines in millionths, rounded down.
  [[nodiscard]] std::vector<std::string> added_columns() const override {
    return {settings_.name + "_ids", settings_.name + "_scores"};
  }
  // One row: of how many documents, how many of their k nearest were found of all that there are.
  [[nodiscard]] std::vector<TableKey> made_tables() const override {
    return {RecallRow::table(settings_.name, "k")};
  }
  // Throws DataError for a value that is no vector.
  void sketch(const Batch& batch, std::string& out) override;
  // Throws DataError when two vectors differ in length, and when the other datasets have none.
  void resolve(Cluster& cluster, Sketches& sketches, u32 step, Findings& findings) override;

 private:
  [[nodiscard]] std::string place() const;
  void add_columns(Cluster& cluster, Sketches& sketches, const Records<Neighbour>& found,
                   Findings& findings) const;

  NearestSettings settings_;
  std::vector<float> vector_;
  std::string sketch_;
};

}  // namespace shardmill
