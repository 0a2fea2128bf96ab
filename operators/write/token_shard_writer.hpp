// Writes one token shard that two kinds of reader open as it is (layout "corpus").
//
//   tokens/SPLIT/NAME.h5    root dataset `data`, one dimension, uint16 or int32, contiguous,
//                           unfiltered, beginning at a multiple of 4096 bytes: the ids of all
//                           documents in shard order, each closed by the end token
//   tokens/SPLIT/NAME.bin   the same file by another name, and
//   tokens/SPLIT/NAME.idx   Megatron's index of it, whose pointers begin where `data` does
//   token_documents/SPLIT/NAME.h5   which tokens are whose: begin, copy, id, key, source,
//                           tokens
//
// Cerebras Model Zoo reads the first, Megatron's IndexedDataset the second and third (formats:
// docs/formats.md).
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/plan/token_format.hpp"
#include "operators/write/megatron_index.hpp"
#include "operators/write/text_shard_writer.hpp"

namespace shardmill {

inline constexpr std::string_view kTokensFormat = "shardmill.tokens";
inline constexpr std::string_view kTokenDocumentsFormat = "shardmill.token_documents";

// What a row of a token shard is on its way to it.
[[nodiscard]] const Schema& token_schema();
enum class TokenColumn : u8 { copy, id, key, source, tokens };

// One thread. Memory: some MiB, whatever the documents.
class TokenShardWriter {
 public:
  // `snapshot`: the folder that `path` ("tokens/train/0001-r.h5") is relative to. totals: of
  // token_schema().
  TokenShardWriter(std::filesystem::path snapshot, std::string path, const ShardTotals& totals,
                   const std::string& split, TokenFormat tokens);
  TokenShardWriter(const TokenShardWriter&) = delete;
  TokenShardWriter& operator=(const TokenShardWriter&) = delete;
  // The next document; ids as TokenFormat has them, without the end token. ResourceError: the disk.
  void add(std::span<const std::optional<std::string_view>> row);
  // Completes all files, makes them durable and gives them their names, the index last.
  // InternalError when documents or tokens differ from the totals.
  ShardInfo close();

 private:
  std::filesystem::path snapshot_;
  std::string path_;
  TokenFormat format_;
  ShardPart part_;   // removed unless it was committed
  Hdf5Object file_;  // before what lies in it: it must close last
  std::optional<Hdf5Appender> data_;
  TextShardWriter documents_;
  LogicalDigest digest_;  // of token_schema(), ids as they are in the file, with the end token
  std::string with_end_;
  std::optional<MegatronIndexWriter> index_;
  u64 tokens_ = 0;
};

// Where the documents of a token shard are told, and its path with another ending.
[[nodiscard]] std::string token_documents_path(const std::string& path);
[[nodiscard]] std::string with_ending(const std::string& path, const char* ending);

// Gives a file a second name in its folder: a hard link, else a symbolic one, else a copy.
void link_beside(const std::filesystem::path& file, const std::filesystem::path& name);

}  // namespace shardmill
