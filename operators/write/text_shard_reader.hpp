// Reads a shard (text_shard_writer.hpp) document by document, in bounded memory.
#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/batch/batch.hpp"
#include "operators/hdf5/object.hpp"

namespace shardmill {

// Some documents of a shard; value bytes as in engine/store/logical_digest.hpp.
class ShardRows {
 public:
  // How many documents, and which is the first.
  [[nodiscard]] u64 size() const { return rows_; }
  [[nodiscard]] u64 first() const { return first_; }
  [[nodiscard]] std::size_t columns() const { return columns_.size(); }
  // The value of a column (position in the schema); nothing where it is absent. Lives until the
  // next read into these rows.
  [[nodiscard]] std::optional<std::string_view> value(std::size_t column, u64 row) const;

 private:
  friend class TextShardReader;
  struct Values {
    std::size_t width = 0;     // bytes of a number or vector; 0: text
    std::string bytes;         // of all rows
    std::vector<u64> offsets;  // of text: rows + 1, into `bytes`
    std::vector<u8> valid;     // empty: all present
    [[nodiscard]] std::string_view slice(u64 row) const;
  };
  u64 first_ = 0;
  u64 rows_ = 0;
  std::vector<Values> columns_;
};

// Every failure is a DataError with file and place. One thread.
class TextShardReader {
 public:
  static constexpr u64 kBlockBytes = u64{8} << 20;

  // `only`: columns to know of, where they are there; without it all. What else the file has is
  // neither in the schema nor read.
  explicit TextShardReader(const std::filesystem::path& path,
                           const std::optional<std::set<std::string>>& only = std::nullopt);

  [[nodiscard]] u64 n_documents() const { return n_documents_; }
  [[nodiscard]] const std::string& format() const { return format_; }
  [[nodiscard]] const std::string& split() const { return split_; }
  // As written in the file; verify() recomputes it.
  [[nodiscard]] const std::string& logical_digest() const { return logical_digest_; }
  // Sorted by name.
  [[nodiscard]] const Schema& schema() const { return schema_; }
  // Position of a column in the schema; DataError when there is none.
  [[nodiscard]] std::size_t column(std::string_view name) const;

  // Reads documents from `first` on, up to `last` (exclusive, at most n_documents), as many as fit
  // `block_bytes` but at least one; returns where it stopped. Loop until that is `last`.
  u64 read(u64 first, u64 last, ShardRows& rows, u64 block_bytes = kBlockBytes) const;

  // Of a reader of all columns: reads everything. Sizes and offsets must fit, absent rows must hold
  // nothing, and the documents must have the logical digest that the file states.
  void verify() const;

 private:
  struct StoredColumn {
    ColumnSpec spec;
    std::size_t width = 0;  // bytes of a number or vector; 0: text
    Hdf5Object values;
    Hdf5Object offsets;               // of text
    std::optional<Hdf5Object> valid;  // only when a row is absent
    u64 text_bytes = 0;
  };
  [[nodiscard]] u32 dimensions_of(const Hdf5Object& dataset) const;
  void open_column(const Hdf5Object& columns, const std::string& name);
  [[nodiscard]] u64 block_end(u64 first, u64 last, u64 block_bytes) const;
  void read_column(const StoredColumn& column, u64 first, u64 last, ShardRows::Values& into) const;
  void verify_rows(const ShardRows& rows) const;
  std::string path_;
  u64 file_bytes_ = 0;
  Hdf5Object file_;  // before what lies in it: it must close last
  u64 n_documents_ = 0;
  std::string format_;
  std::string split_;
  std::string logical_digest_;
  Schema schema_;
  std::vector<StoredColumn> columns_;
};

}  // namespace shardmill
