// How token ids are stored, in the store and in token shards.
#pragma once

#include <string>

#include "cluster/types.hpp"

namespace shardmill {

struct TokenFormat {
  std::string tokenizer;    // what made the ids, for people
  u64 vocabulary_size = 0;  // all ids are below it
  u32 end = 0;              // closes each document in a shard; not part of a sketch
  // Bytes of an id: uint16 if and only if all ids fit, else int32 (what Megatron and OLMo-core take
  // a vocabulary of this size for).
  [[nodiscard]] std::size_t width() const { return vocabulary_size <= 65'536 ? 2 : 4; }
};

}  // namespace shardmill
