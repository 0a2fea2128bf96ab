#include "operators/tokenize/added_tokens.hpp"

#include <algorithm>

namespace shardmill {
namespace {

std::size_t two_bytes(char first, char second) {
  return (std::size_t{static_cast<u8>(first)} << 8) | static_cast<u8>(second);
}

}  // namespace

AddedTokens::AddedTokens(std::vector<AddedToken> tokens) : tokens_(std::move(tokens)) {
  std::stable_sort(tokens_.begin(), tokens_.end(), [](const AddedToken& a, const AddedToken& b) {
    return a.text.size() > b.text.size();
  });
  for (const AddedToken& token : tokens_) {
    first_.set(static_cast<u8>(token.text[0]));
    if (token.text.size() > 1) {
      two_.set(two_bytes(token.text[0], token.text[1]));
      continue;
    }
    for (int second = 0; second < 256; ++second) {
      two_.set(two_bytes(token.text[0], static_cast<char>(second)));
    }
  }
}

std::optional<AddedTokens::Found> AddedTokens::find(std::string_view text) const {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!first_.test(static_cast<u8>(text[at]))) continue;
    if (at + 1 < text.size() && !two_.test(two_bytes(text[at], text[at + 1]))) continue;
    for (const AddedToken& token : tokens_) {
      if (text.substr(at).starts_with(token.text)) return Found{at, token.text.size(), token.id};
    }
  }
  return std::nullopt;
}

}  // namespace shardmill
