// The tokenizer that made the token shards of a snapshot.
#pragma once

#include <memory>

#include "jobs/command/arguments.hpp"
#include "jobs/command/dataset.hpp"
#include "operators/tokenize/tokenizer.hpp"

namespace shardmill {

// Its files are where the run read them, or where --vocabulary, --merges and --tokenizer say, and
// must have the content that they had then: DataError when one is not there any more or another
// one. ConfigError for a file that this tokenizer does not have, and when no step made tokens.
[[nodiscard]] std::unique_ptr<Tokenizer> tokenizer_of(const Dataset& dataset,
                                                      const Arguments& arguments);

}  // namespace shardmill
