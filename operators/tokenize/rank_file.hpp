// Rank files of tiktoken: a line for each token, its bytes in base64, a space, its rank, which is
// its id too.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "operators/tokenize/vocabulary.hpp"

namespace shardmill {

// `content` is that of `path`, which is for messages. Ranks are 0, 1, 2 … in any order. DataError
// with the line for what is no such line, a rank or token that comes twice, a rank that is left
// out and a byte that is no token.
[[nodiscard]] Vocabulary read_rank_file(const std::string& path, std::string_view content);

// RFC 4648, section 4, padded and canonical; nothing when it is not.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

}  // namespace shardmill
