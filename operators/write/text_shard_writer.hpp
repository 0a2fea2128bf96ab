// Writes one shard: documents as columns in an HDF5 file that is the same for the same documents.
//
//   /            format, format_version, logical_digest, n_documents, split
//   /columns/N   type (and `name` where HDF5 cannot have the exact one)
//     int64, float64, bool   dataset i64 | f64 | u8 [n]; N.valid u8[n] only when a row is absent
//     vector                 dataset f32 [n, dimensions]; N.valid likewise
//     utf8, json             group: bytes u8[total], offsets u64[n+1]; valid u8[n] likewise
//
// Everything is little-endian, contiguous and unfiltered. The ledger, clusters and tables that
// steps make are the same format with other columns.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/batch/batch.hpp"
#include "engine/store/logical_digest.hpp"
#include "operators/write/column_writer.hpp"
#include "operators/write/shard_part.hpp"
#include "operators/write/value_bytes.hpp"

namespace shardmill {

inline constexpr std::string_view kTextFormat = "shardmill.text";
inline constexpr std::string_view kLedgerFormat = "shardmill.ledger";
inline constexpr std::string_view kClustersFormat = "shardmill.clusters";
inline constexpr std::string_view kTableFormat = "shardmill.table";
inline constexpr u64 kShardFormatVersion = 1;

// What must be known before the first document, since room is laid out at once.
struct ShardTotals {
  u64 documents = 0;
  std::vector<u64> text_bytes;  // per column in schema order; of numbers and vectors: anything
};

// What a shard has beside its own file.
struct ShardFile {
  std::string path;  // below the snapshot
  u64 bytes = 0;
  std::string sha256;
  bool operator==(const ShardFile&) const = default;
};

struct ShardInfo {
  u64 bytes = 0;  // of the file
  u64 documents = 0;
  std::string sha256;          // of the file
  std::string logical_digest;  // of what it says
  std::vector<ShardFile> files;
};

// One thread, one shard at a time per process is usual but not required. Memory: about
// buffer_bytes for all columns together, and one bit per row and column with absent rows; it does
// not change the file.
class TextShardWriter {
 public:
  static constexpr std::size_t kBufferBytes = std::size_t{8} << 20;

  // Writes to `path` + ".part" until close(): a file ending in .h5 is always whole. The schema is
  // sorted by name; a text shard's has id, source and text. InternalError otherwise.
  TextShardWriter(std::filesystem::path path, const Schema& schema, const ShardTotals& totals,
                  const std::string& split, std::string_view format = kTextFormat,
                  std::size_t buffer_bytes = kBufferBytes);
  TextShardWriter(const TextShardWriter&) = delete;
  TextShardWriter& operator=(const TextShardWriter&) = delete;
  // Removes what was not closed.
  ~TextShardWriter() = default;

  // The next document, one value per column in schema order. utf8: the text; json: JSON text;
  // int64, float64, bool: JSON text of the value, stored exactly; vector: of vector_value.hpp.
  // ResourceError: the disk.
  void add(std::span<const std::optional<std::string_view>> row);

  // Completes the file, makes it durable and gives it its name. InternalError when documents or
  // bytes differ from the totals.
  ShardInfo close();

 private:
  std::filesystem::path path_;
  ShardPart part_;
  Schema schema_;
  u64 documents_;
  u64 added_ = 0;
  LogicalDigest digest_;
  Hdf5Object file_;  // before what lies in it: it must close last
  Hdf5Object group_;
  std::vector<ColumnWriter> columns_;
  std::vector<NumberBytes> numbers_;                  // of the row at hand
  std::vector<std::optional<std::string_view>> row_;  // its value bytes
};

}  // namespace shardmill
