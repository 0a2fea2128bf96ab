#include "operators/tokenize/added_tokens.hpp"

#include <algorithm>

namespace shardmill {
namespace {

std::size_t two_bytes(char first, char second) {
  return (std::size_t{static_cast<u8>(first)} << 8) | static_cast<u8>(second);
}

}  // namespace

AddedTokens::AddedTokens(std::vector<AddedToken> tokens) : tokens_(std::move(tokens)) {
  std::stable_sort(tokens_.begin(), tokens_.end(),
                   [](const AddedToken& a, const AddedToken& b) { return a.text < b.text; });
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

const AddedToken* AddedTokens::longest_at(std::string_view text) const {
  const AddedToken* longest = nullptr;
  auto begin = tokens_.begin();  // those that begin as the text does, up to `depth`
  auto end = tokens_.end();
  for (std::size_t depth = 0; depth < text.size(); ++depth) {
    const u8 next = static_cast<u8>(text[depth]);
    const auto byte = [depth](const AddedToken& token) {
      return static_cast<u8>(token.text[depth]);
    };
    // Where many begin alike, most bytes leave all of them.
    if (byte(*begin) != next) {
      begin = std::partition_point(begin, end, [&](const auto& t) { return byte(t) < next; });
      if (begin == end || byte(*begin) != next) return longest;
    }
    if (byte(*std::prev(end)) != next) {
      end = std::partition_point(begin, end, [&](const auto& t) { return byte(t) == next; });
    }
    if (begin->text.size() == depth + 1) {
      longest = &*begin;
      while (begin != end && begin->text.size() == depth + 1) ++begin;
      if (begin == end) return longest;
    }
  }
  return longest;
}

std::optional<AddedTokens::Found> AddedTokens::find(std::string_view text) const {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!first_.test(static_cast<u8>(text[at]))) continue;
    if (at + 1 < text.size() && !two_.test(two_bytes(text[at], text[at + 1]))) continue;
    const AddedToken* token = longest_at(text.substr(at));
    if (token != nullptr) return Found{at, token->text.size(), token->id};
  }
  return std::nullopt;
}

}  // namespace shardmill
