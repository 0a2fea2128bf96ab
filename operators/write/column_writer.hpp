// One column of a shard on its way into HDF5.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/batch/batch.hpp"
#include "operators/hdf5/object.hpp"

namespace shardmill {

// Appends elements (rows of a matrix) to a dataset of known length, in large writes.
class Hdf5Appender {
 public:
  // buffer_bytes: how much is gathered before a write; values beyond it are written directly.
  // `columns`: elements in a row.
  Hdf5Appender(Hdf5Object dataset, Hdf5Element element, u64 length, std::size_t buffer_bytes,
               u64 columns = 1);
  // Where the dataset begins in the file.
  [[nodiscard]] u64 offset() const { return dataset_.offset(); }
  // Whole elements or rows. More than `length` in all is an InternalError.
  void append(std::string_view bytes);
  // Writes the rest and closes the dataset; fewer elements than `length` is an InternalError.
  void finish();

 private:
  void write(std::string_view bytes);
  Hdf5Object dataset_;
  Hdf5Element element_;
  std::size_t width_;  // bytes of an element or row
  u64 length_;
  u64 written_ = 0;  // elements
  std::size_t buffer_bytes_;
  std::string buffer_;
};

// Writes values of one column, row by row. Beside its buffers it holds one bit per row once a row
// is absent.
class ColumnWriter {
 public:
  // text_bytes: of all values of a utf8 or json column; unused for numbers.
  ColumnWriter(const Hdf5Object& columns, const ColumnSpec& spec, u64 rows, u64 text_bytes,
               std::size_t buffer_bytes);
  // Value bytes (engine/store/logical_digest.hpp); an absent number is stored as zero, and so are
  // those of an absent vector. InternalError for a vector of another length than the column's.
  void add(const std::optional<std::string_view>& value);
  // Ends the data; then, and only when a row was absent, creates the `valid` dataset.
  void finish(const Hdf5Object& columns);

 private:
  [[nodiscard]] bool is_text() const {
    return spec_.type == Type::utf8 || spec_.type == Type::json;
  }
  void write_valid(const Hdf5Object& parent, const std::string& name) const;
  ColumnSpec spec_;
  u64 rows_;
  u64 added_ = 0;
  u64 text_end_ = 0;
  std::size_t buffer_bytes_;
  Hdf5Object group_;  // of a text column
  std::optional<Hdf5Appender> values_;
  std::optional<Hdf5Appender> offsets_;
  std::string zero_;          // what stands for an absent number or vector
  std::vector<bool> absent_;  // as long as rows_ once a row is absent, else empty
};

}  // namespace shardmill
