// Reads a token shard (token_shard_writer.hpp) document by document, in bounded memory.
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

// One document of a shard; views live during the call that has it.
struct TokenDocument {
  u64 number = 0;  // in the shard
  u64 begin = 0;   // its first token in the shard
  u64 copy = 0;    // of the document: 0, and more where a job gives it several (write.tokens)
  std::string_view id;
  std::string_view key;
  std::string_view source;
  std::string_view stored;   // ids as the file has them, the end token included
  std::span<const u32> ids;  // the same; [0, 2^31) each
};

// Every failure is a DataError with file and place. One thread. Memory: some MiB, and the longest
// document.
class TokenShardReader {
 public:
  // `snapshot`: the folder that `path` ("tokens/train/0001-r.h5") is relative to.
  TokenShardReader(const std::filesystem::path& snapshot, const std::string& path);

  [[nodiscard]] u64 n_documents() const { return documents_.n_documents(); }
  [[nodiscard]] u64 n_tokens() const { return n_tokens_; }
  [[nodiscard]] const TokenFormat& format() const { return format_; }
  [[nodiscard]] const std::string& split() const { return split_; }
  [[nodiscard]] const std::string& logical_digest() const { return logical_digest_; }
  // Where `data` begins in the file.
  [[nodiscard]] u64 data_begin() const { return data_.offset(); }

  // Documents from `first` to `last` (exclusive), in order; f returns false to end it.
  void for_each(u64 first, u64 last, const std::function<bool(const TokenDocument&)>& f) const;

  // Reads everything: what the documents say of their tokens adds up to `data`, each ends with the
  // end token, all ids are in the vocabulary, Megatron's index says where they lie, and the logical
  // digests are those stated.
  void verify() const;

 private:
  std::filesystem::path snapshot_;
  std::string path_;
  Hdf5Object file_;  // before what lies in it: it must close last
  Hdf5Object data_;
  TextShardReader documents_;
  TokenFormat format_;
  u64 n_tokens_ = 0;
  std::string split_;
  std::string logical_digest_;
};

// DataError unless the file has the attributes of a token shard of this layout.
void require_token_shard(const Hdf5Object& file, const std::string& path, std::string_view layout);

}  // namespace shardmill
