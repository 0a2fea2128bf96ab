// How token ids are stored, in the store and in token shards.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "cluster/types.hpp"

namespace shardmill {

// How documents are put into samples of a fixed number of positions
// (operators/write/sample_packer.hpp).
enum class Packing : u8 { concat, greedy, best_fit };
inline constexpr std::array<std::string_view, 3> kPackings = {"concat", "greedy", "best_fit"};

// Layout "sample" of token shards. Rows of a sample: input_ids, loss mask, labels; with spans also
// attention_span and position_ids.
struct SampleFormat {
  u32 length = 0;  // positions, at least 1
  Packing packing = Packing::concat;
  bool spans = false;
  [[nodiscard]] std::size_t rows() const { return spans ? 5 : 3; }
};

struct TokenFormat {
  std::string tokenizer;    // what made the ids, for people
  u64 vocabulary_size = 0;  // all ids are below it
  u32 end = 0;              // closes each document in a shard; not part of a sketch
  std::optional<SampleFormat> samples = {};  // empty: shards are one stream (layout "corpus")
  // Bytes of an id: uint16 if and only if all ids fit, else int32 (what Megatron and OLMo-core take
  // a vocabulary of this size for).
  [[nodiscard]] std::size_t width() const { return vocabulary_size <= 65'536 ? 2 : 4; }
};

}  // namespace shardmill
