// The files of GPT-2: encoder.json, {"token": id}, and vocab.bpe, a line for each merge behind the
// line "#version: …".
#pragma once

#include <string>

#include "operators/tokenize/vocabulary.hpp"

namespace shardmill {

// DataError (file, place, what was expected). Ids are 0, 1, 2 … without a gap.
[[nodiscard]] Vocabulary read_gpt2_files(const std::string& encoder, const std::string& merges);

}  // namespace shardmill
