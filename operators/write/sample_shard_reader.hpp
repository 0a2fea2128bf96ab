// Reads a token shard of packed samples (sample_shard_writer.hpp) piece by piece.
#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/plan/token_format.hpp"
#include "operators/write/text_shard_reader.hpp"

namespace shardmill {

// What a row of the side table says; views live during the call that has it.
struct PieceRow {
  u64 number = 0;  // in the shard
  u64 begin = 0;   // its first position in the shard
  u64 copy = 0;    // of the document (TokenDocument)
  std::string_view id;
  std::string_view key;
  std::string_view source;
  u64 token = 0;   // its first input in the document
  u64 tokens = 0;  // inputs
};

// Every failure is a DataError with file and place. One thread. Memory: some MiB, and a sample.
class SampleShardReader {
 public:
  // Whether the token shard below the folder `snapshot` is one of samples.
  [[nodiscard]] static bool reads(const std::filesystem::path& snapshot, const std::string& path);

  SampleShardReader(const std::filesystem::path& snapshot, const std::string& path);

  [[nodiscard]] u64 n_samples() const { return n_samples_; }
  [[nodiscard]] u64 n_documents() const { return n_documents_; }
  // Of the documents, their end tokens among them.
  [[nodiscard]] u64 n_tokens() const;
  [[nodiscard]] const TokenFormat& format() const { return format_; }
  [[nodiscard]] const std::string& split() const { return split_; }
  [[nodiscard]] const std::string& logical_digest() const { return logical_digest_; }

  // In order; f returns false to end it.
  void for_each(const std::function<bool(const PieceRow&)>& f) const;
  // What a piece has as input.
  [[nodiscard]] std::vector<u32> inputs(const PieceRow& piece) const;
  // Piece by piece in order every token of the documents once, those that end them included: ids,
  // and which token of the document the first is. Each sample is read once.
  void for_each_tokens(
      const std::function<void(const PieceRow&, u64, std::span<const u32>)>& f) const;

  // Reads everything: pieces fill samples without overlap and each document from its first token to
  // its last, labels are the next inputs, all ids are in the vocabulary, what is in no piece is
  // padding, counts are those stated, and so are the logical digests. `one_end`: the end token is
  // in no text, so it closes each document and stands nowhere else.
  void verify(bool one_end) const;

 private:
  class Check;
  struct Sample {
    u64 number = UINT64_MAX;  // which one is at hand
    std::vector<i32> cells;   // row by row
  };
  // Loads the sample of a piece; returns its first position there.
  u64 load(const PieceRow& piece, Sample& sample) const;
  Hdf5Object file_;  // before what lies in it: it must close last
  std::string path_;
  Hdf5Object data_;
  TextShardReader pieces_;
  TokenFormat format_;
  u64 n_samples_ = 0;
  u64 n_documents_ = 0;
  u64 n_positions_ = 0;
  std::string split_;
  std::string logical_digest_;
};

}  // namespace shardmill
