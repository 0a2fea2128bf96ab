// `inspect --tokens`: what the tokens of some documents are.
#pragma once

#include <string>
#include <string_view>

#include "jobs/command/arguments.hpp"
#include "jobs/command/dataset.hpp"

namespace shardmill {

// Prints the first three documents of the token shards, or pieces of documents in samples, with a
// `|` between tokens: the first tokens for people, all with --json. Returns the exit code.
int inspect_tokens(const Dataset& dataset, const Arguments& arguments);

// A token on one line: `\n`, `\r`, `\t`; `\|` and `\\` for what would be a border or a backslash;
// `\xNN` for each byte of a control character and each that is no UTF-8 within this token.
[[nodiscard]] std::string visible_token(std::string_view bytes);

}  // namespace shardmill
