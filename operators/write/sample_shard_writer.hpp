// Writes one token shard of packed samples (layout "sample"), as Cerebras Model Zoo reads them.
//
//   tokens/SPLIT/NAME.h5    root dataset `data`, int32, n_examples x rows x max_sequence_length,
//                           contiguous: rows are input_ids, loss mask (1: it counts), labels, and
//                           with spans attention_span (counts down to 0 in each piece) and
//                           position_ids (counts up from 0)
//   token_documents/SPLIT/NAME.h5   a row for each piece of a document: begin (its first position
//                           in the shard), copy, id, key, source, token (its first input in
//                           the document), tokens (inputs)
//
// What is in no piece is padding: the end token as input and label, 0 in the other rows.
#pragma once

#include <deque>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "operators/write/sample_packer.hpp"
#include "operators/write/text_shard_writer.hpp"

namespace shardmill {

// What a piece says for the logical digest; cells: those of its positions, row by row, int32.
[[nodiscard]] const Schema& piece_schema();

// What the rows of a shard (token_schema()) come to, known before the first is written.
struct SampleTotals {
  u64 samples = 0;
  u64 documents = 0;
  u64 positions = 0;
  ShardTotals pieces;  // of the side table
};

// One thread. Memory: as SamplePacker.
class SampleCounter {
 public:
  explicit SampleCounter(const TokenFormat& format);
  SampleCounter(const SampleCounter&) = delete;
  SampleCounter& operator=(const SampleCounter&) = delete;
  void add(std::span<const std::optional<std::string_view>> row);
  [[nodiscard]] SampleTotals finish();

 private:
  struct TextBytes {
    u64 id, key, source;
  };
  void count(const SamplePiece& piece);
  std::size_t width_;
  SampleTotals totals_;
  std::deque<TextBytes> held_;  // of documents from packer_.placed() on
  u64 first_held_ = 0;
  SamplePacker packer_;
};

// One thread. Memory: a sample, and the ids of a window of documents (sample_packer.hpp).
class SampleShardWriter {
 public:
  // As TokenShardWriter; `format` says how samples are made.
  SampleShardWriter(std::filesystem::path snapshot, std::string path, const SampleTotals& totals,
                    const std::string& split, TokenFormat format);
  SampleShardWriter(const SampleShardWriter&) = delete;
  SampleShardWriter& operator=(const SampleShardWriter&) = delete;
  // The next document, a row of token_schema(). ResourceError: the disk.
  void add(std::span<const std::optional<std::string_view>> row);
  // Completes both files, makes them durable and gives them their names. InternalError when they
  // differ from the totals.
  ShardInfo close();

 private:
  struct Document {
    std::vector<i32> tokens;  // with the end token
    std::string copy, id, key, source;
  };
  void place(const SamplePiece& piece);
  void clear_sample();
  void write_sample();

  std::filesystem::path snapshot_;
  std::string path_;
  TokenFormat format_;
  SampleTotals totals_;
  ShardPart part_;   // removed unless it was committed
  Hdf5Object file_;  // before what lies in it: it must close last
  std::optional<Hdf5Appender> data_;
  TextShardWriter pieces_;
  LogicalDigest digest_;
  std::deque<Document> held_;
  u64 first_held_ = 0;
  std::vector<i32> sample_;  // row by row
  u64 at_ = 0;               // which one that is
  std::string cells_;
  SamplePacker packer_;
};

}  // namespace shardmill
