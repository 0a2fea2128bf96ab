// The rows of an HDF5 file as JSON: a row becomes the object that its columns spell, so that all
// formats share one parser of records. A record's offset is its row.
//
// Used by the process that hdf5_reader.hpp starts: HDF5 crashes on some damaged files.
//
// A shard that we have published (format_version and logical_digest at its root) gives back its
// columns as they are, absent ones as absent; any other file is a table (operators/hdf5/table.hpp).
// Of floats NaN is null. Vectors, of a shard's column or a row of floats, are JSON arrays.
#pragma once

#include <optional>
#include <string>

#include "operators/hdf5/table.hpp"
#include "operators/read/line_reader.hpp"
#include "operators/read/source.hpp"
#include "operators/write/text_shard_reader.hpp"

namespace shardmill {

class Hdf5Rows {
 public:
  // Throws DataError (path, dataset, what was expected) when the file is no HDF5 or not usable. A
  // shard is read twice: it must have the logical digest that it states.
  Hdf5Rows(const SourceSettings& source, const std::string& path);
  // `bytes` is the row as JSON, `offset` the row. Faults are too_long (the JSON, or texts of
  // variable length, take more than max_record) and wrong_type (an infinity, a NaN in a
  // vector, a bool other than 0 and 1). Throws DataError for what cannot be read.
  bool next(Line& line);

 private:
  void read_block();
  bool append_shard_row(Line& line);
  bool append_table_row(Line& line);
  bool append_value(const Hdf5Table::Column& column, Line& line);

  const SourceSettings& source_;
  std::optional<TextShardReader> shard_;
  ShardRows shard_rows_;
  std::optional<Hdf5Table> table_;
  u64 rows_ = 0;
  u64 begin_ = 0;  // of the block at hand
  u64 end_ = 0;
  u64 row_ = 0;
  std::string json_;
};

}  // namespace shardmill
