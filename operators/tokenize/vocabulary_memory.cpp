#include "operators/tokenize/vocabulary_memory.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

#include "operators/read/byte_stream.hpp"
#include "operators/tokenize/pair_table.hpp"

namespace shardmill {
namespace {

// WordCache, what is at work on a word, and ids that no token has.
constexpr u64 kWords = u64{32} << 20;
// A token in TokenBytes while its tables grow: 16 bytes by id, three times, 8 by hash, six times.
constexpr u64 kToken = 3 * 16 + 6 * 8;
constexpr u64 kPair = 12;  // before it is in the table
// As nlohmann-json holds them, with what malloc adds: a node of a map with its key, and a string as
// its value; an element of an array that grows, and a string or an array as its value.
constexpr u64 kMember = 96 + 48;
constexpr u64 kElement = 48 + 48;
// An added token, beside its JSON, wherever it is looked up.
constexpr u64 kObject = 512;
// The file and every copy of a text in it: its JSON, an added token by text, by id and as it is
// looked for; or a token, whose text grows.
constexpr u64 kJsonCopies = 6;
constexpr u64 kSentencePieceByte = 32;

// What was seen of a file; characters of JSON only outside of strings.
struct Seen {
  u64 bytes = 0;
  u64 lines = 0;
  u64 colons = 0;
  u64 objects = 0;
  u64 items = 0;         // commas and opening brackets: one before each member and element
  u64 before_space = 0;  // characters of lines: a token in base64
  char first = 0;        // that is no white space
};

class Scanner {
 public:
  void scan(std::string_view part) {
    for (const char c : part) character(c);
  }
  [[nodiscard]] const Seen& seen() const { return seen_; }

 private:
  void character(char c) {
    const bool space = c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (seen_.first == 0 && !space) seen_.first = c;
    if (seen_.bytes++ == 0 || c == '\n') ++seen_.lines;
    in_token_ = (in_token_ && !space) || c == '\n';
    if (in_token_ && c != '\n') ++seen_.before_space;
    if (in_string_) {
      const bool escaped = std::exchange(escaped_, !escaped_ && c == '\\');
      if (c == '"' && !escaped) in_string_ = false;
      return;
    }
    if (c == '"') in_string_ = true;
    if (c == ':') ++seen_.colons;
    if (c == '{') ++seen_.objects;
    if (c == ',' || c == '{' || c == '[') ++seen_.items;
  }

  Seen seen_;
  bool in_token_ = true;
  bool in_string_ = false;
  bool escaped_ = false;
};

Seen look_at(const std::string& path) {
  Scanner scanner;
  std::error_code missing;
  if (path.empty() || !std::filesystem::exists(path, missing)) return scanner.seen();
  const auto stream = open_decoded(path);
  std::array<char, std::size_t{64} << 10> part;
  while (const std::size_t got = stream->read(part)) scanner.scan({part.data(), got});
  return scanner.seen();
}

// encoder.json and tokenizer.json.
u64 json_memory(const Seen& file) {
  const u64 elements = file.items - std::min(file.items, file.colons);
  return kJsonCopies * file.bytes + file.colons * (kMember + kToken) + elements * kElement +
         file.objects * kObject + PairTable::memory(elements);
}

// A token of n bytes is at most n - 1 pairs.
u64 rank_memory(const Seen& file) {
  const u64 bytes = file.before_space / 4 * 3;
  const u64 pairs = bytes - std::min(bytes, file.lines);
  return 2 * file.bytes + 3 * bytes + file.lines * kToken + pairs * kPair +
         PairTable::memory(pairs);
}

}  // namespace

u64 tokenizer_memory(const TokenizerSettings& settings) {
  if (settings.vocabulary.empty() && settings.tokenizer.empty()) return 0;
  if (!settings.tokenizer.empty()) {
    const Seen file = look_at(settings.tokenizer);
    return kWords + (file.first == '{' ? json_memory(file) : kSentencePieceByte * file.bytes);
  }
  const Seen vocabulary = look_at(settings.vocabulary);
  if (settings.merges.empty()) return kWords + rank_memory(vocabulary);
  const Seen merges = look_at(settings.merges);
  return kWords + json_memory(vocabulary) + 2 * merges.bytes + PairTable::memory(merges.lines);
}

}  // namespace shardmill
