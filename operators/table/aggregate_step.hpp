// aggregate: a row for each key of the documents, in a table of its own: how many, sums, extremes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/plan/global_operator.hpp"
#include "engine/plan/parameter.hpp"

namespace shardmill {

// One value of a row. sum, mean, min and max look at JSON numbers that int64 or float64 hold and
// pass over anything else.
struct AggregateValue {
  enum class How : u8 { count, sum, mean, min, max, distinct };
  std::string name;
  How how = How::count;
  std::string column;  // of documents; empty: count

  // "count", "sum:COLUMN", …; nothing for any other text.
  [[nodiscard]] static std::optional<AggregateValue> parse(const std::string& name,
                                                           std::string_view text);
  [[nodiscard]] bool of_numbers() const { return how != How::count && how != How::distinct; }
};

struct AggregateSettings {
  static constexpr std::size_t kMostValues = 100;

  std::string step;  // label, for messages
  std::string name;  // of the table
  std::vector<std::string> by;
  std::vector<AggregateValue> values;
};
[[nodiscard]] AggregateSettings aggregate_settings(const Settings& settings,
                                                   const std::string& label);

// What stands for a row's id where rows are placed and ordered: of each part of the key "-" when it
// is absent, else "LENGTH:TEXT".
[[nodiscard]] std::string aggregate_row_id(const std::vector<std::optional<std::string_view>>& key);

// Keys are texts as those of a join are (join_key.hpp); an absent part is a key too. Communication:
// for each document a row of its key, 8 bytes and 9 a number, and for each distinct value 16 bytes
// and the key again. Sums of integers are exact; of floats they run in the order of the documents.
// Memory: leases, whatever the size of a group.
class AggregateStep final : public GlobalOperator {
 public:
  // `sources`: names by position.
  AggregateStep(AggregateSettings settings, std::vector<std::string> sources);

  [[nodiscard]] std::vector<std::string> reasons() const override { return {}; }
  [[nodiscard]] std::size_t sketch_bytes() const override { return kSketchesDiffer; }
  [[nodiscard]] std::string sketch_settings() const override;
  [[nodiscard]] std::vector<TableKey> made_tables() const override {
    return {{settings_.name, settings_.by}};
  }
  void sketch(const Batch& batch, std::string& out) override;
  // Throws DataError (agreed) when a sum exceeds int64 or float64.
  void resolve(Cluster& cluster, Sketches& sketches, u32 step, Findings& findings) override;

 private:
  [[nodiscard]] Schema schema_for(const std::vector<u64>& has_float) const;

  AggregateSettings settings_;
  std::vector<std::string> sources_;
};

}  // namespace shardmill
