// join: documents meet the rows of a table that have the same key; texts stay where they are.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/plan/global_operator.hpp"
#include "engine/plan/parameter.hpp"
#include "operators/table/table_rows.hpp"

namespace shardmill {

struct JoinSettings {
  enum class Keeps : u8 { all, matched, unmatched };  // left; inner and semi; anti
  enum class Several : u8 { first, all, error };

  TableInput table;
  std::vector<std::string> on;       // of documents; side by side with table.key
  std::vector<std::string> columns;  // of documents; side by side with table.columns
  Keeps keeps = Keeps::all;
  Several several = Several::error;
};
// `label` names the step in messages. Throws ConfigError.
[[nodiscard]] JoinSettings join_settings(const Settings& settings, const std::string& label);

// A sort-merge join by the 128-bit hash of the key (join_key.hpp), left side the documents.
// Communication: that of co_locate, 24 bytes a document with a key (a small table goes to all ranks
// instead), and the values of each document that meets a row. Memory: leases, and `all` holds the
// rows of one key, at most max_record bytes (16 MiB) of them.
class JoinStep final : public GlobalOperator {
 public:
  // `sources`: names by position, for a key that is `source`.
  JoinStep(JoinSettings settings, std::vector<std::string> sources);

  [[nodiscard]] std::vector<std::string> reasons() const override;
  [[nodiscard]] std::size_t sketch_bytes() const override { return sizeof(Hash128); }
  [[nodiscard]] std::string sketch_settings() const override;
  [[nodiscard]] std::vector<std::string> added_columns() const override {
    return settings_.columns;
  }
  [[nodiscard]] std::vector<std::string> tables() const override { return settings_.table.files; }
  void sketch(const Batch& batch, std::string& out) override;
  // Throws DataError: see read_table; when a document meets several rows and that is an error; and
  // when a table in which no row has a key would drop all documents.
  void resolve(Cluster& cluster, Sketches& sketches, u32 step, Findings& findings) override;

 private:
  JoinSettings settings_;
  std::vector<std::string> sources_;
};

}  // namespace shardmill
