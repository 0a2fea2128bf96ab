#include "operators/tokenize/rank_file.hpp"

#include <charconv>

#include "cluster/error.hpp"

namespace shardmill {
namespace {

std::optional<u32> sextet(char c) {
  if (c >= 'A' && c <= 'Z') return static_cast<u32>(c - 'A');
  if (c >= 'a' && c <= 'z') return static_cast<u32>(c - 'a') + 26;
  if (c >= '0' && c <= '9') return static_cast<u32>(c - '0') + 52;
  if (c == '+') return 62;
  if (c == '/') return 63;
  return std::nullopt;
}

std::optional<u32> rank_of(std::string_view text) {
  u32 rank = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), rank);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return rank;
}

// "line 7", with what is wrong there.
[[noreturn]] void fail(const std::string& path, u64 line, const std::string& what) {
  throw DataError(path + ": line " + std::to_string(line) + ": " + what);
}

void read_line(const std::string& path, u64 number, std::string_view line, TokenBytes& tokens) {
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) {
    fail(path, number, "expected a token in base64, a space and a rank");
  }
  const auto bytes = from_base64(line.substr(0, space));
  if (!bytes || bytes->empty()) {
    fail(path, number,
         "`" + std::string(line.substr(0, std::min<std::size_t>(space, 40))) +
             "` is no token in base64");
  }
  const auto rank = rank_of(line.substr(space + 1));
  if (!rank || *rank >= TokenBytes::kMostIds) {
    fail(path, number, "expected a rank below " + std::to_string(TokenBytes::kMostIds));
  }
  if (!tokens.bytes(*rank).empty()) {
    fail(path, number, "rank " + std::to_string(*rank) + " is there twice");
  }
  if (!tokens.add(*rank, *bytes)) {
    fail(path, number,
         "the token of rank " + std::to_string(*tokens.find(*bytes)) + " again, as rank " +
             std::to_string(*rank));
  }
}

}  // namespace

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && text.ends_with('=')) {
    text.remove_suffix(1);
    ++padding;
  }
  std::string bytes;
  u32 bits = 0;
  u32 held = 0;  // of bits
  for (const char c : text) {
    const auto value = sextet(c);
    if (!value) return std::nullopt;
    bits = (bits << 6) | *value;
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes += static_cast<char>((bits >> held) & 0xff);
    }
  }
  const bool rest_is_zero = (bits & ((u32{1} << held) - 1)) == 0;
  if (!rest_is_zero || held != 2 * padding) return std::nullopt;
  return bytes;
}

Vocabulary read_rank_file(const std::string& path, std::string_view content) {
  Vocabulary vocabulary;
  u64 number = 0;
  while (!content.empty()) {
    const std::size_t end = std::min(content.find('\n'), content.size());
    std::string_view line = content.substr(0, end);
    content.remove_prefix(std::min(end + 1, content.size()));
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty()) read_line(path, number, line, vocabulary.tokens);
  }
  for (u32 rank = 0; rank < vocabulary.tokens.id_limit(); ++rank) {
    if (!vocabulary.tokens.bytes(rank).empty()) continue;
    throw DataError(path + ": rank " + std::to_string(rank) + " is missing; the largest is " +
                    std::to_string(vocabulary.tokens.id_limit() - 1));
  }
  require_all_bytes(path, vocabulary.tokens);
  vocabulary.pairs = pairs_by_bytes(vocabulary.tokens);
  vocabulary.whole_words = true;
  return vocabulary;
}

}  // namespace shardmill
