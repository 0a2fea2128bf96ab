// Datasets of equal length in one group of any HDF5 file, as a table: each dataset is a column,
// each position a row. They have one dimension; floats may have two, each row a vector then.
//
// Usable are strings of fixed and variable length, integers and floats of up to 64 bits, and the
// enumeration FALSE = 0, TRUE = 1 of one byte, as which h5py stores bools. Groups are passed over.
// What would take values from other files (links, virtual datasets, external storage) is refused.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "operators/hdf5/object.hpp"

namespace shardmill {

class Hdf5Table {
 public:
  enum class Kind : u8 { text, int64, uint64, float64, boolean, vector };
  struct Column {
    std::string name;
    Kind kind = Kind::text;
    bool variable = false;  // text of any length
    std::size_t width = 0;  // bytes of a value as it is read; of variable text: of its pointer
    bool narrow = false;    // vector: its numbers are stored in at most 32 bits
    Hdf5Object dataset;
    std::string values;  // of the rows at hand
  };

  // Memory of a block, values of variable text counted. HDF5 takes beside it one chunk and the
  // longest value.
  static constexpr u64 kBlockBytes = u64{4} << 20;
  static constexpr std::size_t kMostColumns = std::size_t{1} << 14;

  // `group`: path from the root, "/" for itself. `fields`: the datasets to read; empty: all.
  // Throws DataError (file, dataset, what was expected) when a dataset to read is not usable, their
  // lengths differ, there is none, or a chunk or a fixed-length string exceeds `max_record` bytes.
  Hdf5Table(const std::string& path, const std::string& group,
            const std::vector<std::string>& fields, u64 max_record);
  ~Hdf5Table();

  [[nodiscard]] u64 rows() const { return rows_; }
  // Sorted by name (bytes).
  [[nodiscard]] const std::vector<Column>& columns() const { return columns_; }

  // Reads rows from `first` (less than rows()) on, at least one; returns where it stopped. When
  // that is one row and its texts of variable length exceed max_record, too_long() and no values.
  // Throws DataError (file, dataset) when they cannot be read.
  u64 read(u64 first);
  [[nodiscard]] bool too_long() const { return too_long_; }
  // Row `first` + i of the last read. Text: its bytes, without padding; numbers: 8 bytes in memory
  // order, of a vector for each; boolean: one byte as it is in the file. Lives until the next read.
  [[nodiscard]] std::string_view value(const Column& column, u64 i) const;

 private:
  struct Texts;
  void open_column(const Hdf5Object& group, const std::string& name);
  bool read_rows(u64 first, u64 n);

  const u64 max_record_;
  Hdf5Object file_;  // before what lies in it: it must close last
  u64 rows_ = 0;
  u64 most_rows_ = 0;  // of a block, by the width of a row
  u64 next_rows_ = 0;  // of the next block, by the texts met so far
  bool too_long_ = false;
  std::vector<Column> columns_;
  std::unique_ptr<Texts> texts_;
};

}  // namespace shardmill
