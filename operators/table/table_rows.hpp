// The rows of a table that a step reads beside the documents, as far as the step wants them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/cluster.hpp"
#include "engine/batch/batch.hpp"
#include "engine/hash/hash.hpp"
#include "engine/plan/parameter.hpp"
#include "engine/records/rows.hpp"
#include "operators/read/glob.hpp"
#include "operators/read/source.hpp"

namespace shardmill {

struct TableInput {
  std::string step;                // label, for messages
  std::vector<std::string> files;  // names and patterns, absolute
  SourceSettings source;           // is_table; its name is that of the step
  std::vector<std::string> key;    // columns that make the key
  std::vector<std::string> columns;
  std::string key_where;  // in the job file, for messages
  std::string columns_where;
};

// How a table is read, by the settings `format`, `group`, `types` and `max_record` of a step.
[[nodiscard]] SourceSettings table_source(const Settings& settings, const std::string& label);

// The files of a table. Throws DataError when a name or all patterns match none.
[[nodiscard]] std::vector<FoundFile> table_files(const std::vector<std::string>& patterns);

// XXH3-128 (hex) of the table's files, their names and order: what its rows follow from. Throws
// DataError when a name or all patterns match no file, or one cannot be read.
[[nodiscard]] std::string table_digest(const std::vector<std::string>& files);

// Every row that has a key, at the rank that read it.
struct TableRows {
  // Key: the hash, high half first, big-endian. Payload: where the row stands in the table
  // (big-endian: file and offset), then the JSON of each column as optional_text.
  Rows rows;
  u64 rows_with_key = 0;           // all ranks
  std::vector<u64> kinds;          // by column of the spec: SeenKind bits over all rows
  std::vector<std::string> files;  // by the ordinal in a row's place
};
void append_key(std::string& out, const Hash128& hash);
[[nodiscard]] Hash128 read_key(std::string_view bytes);

// Collective. Files are read by ranks longest first, plain JSONL in ranges. Throws DataError
// (agreed) for a file or a row that cannot be read, and for a column that no row of a table that
// has rows has a value in; the nearest is named.
[[nodiscard]] TableRows read_table(Cluster& cluster, const TableInput& spec);

}  // namespace shardmill
