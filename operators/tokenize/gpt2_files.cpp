#include "operators/tokenize/gpt2_files.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "operators/tokenize/json_vocabulary.hpp"
#include "operators/tokenize/vocabulary_file.hpp"

namespace shardmill {
namespace {

PairTable read_merges(const std::string& path, const TokenBytes& tokens) {
  const std::string content = read_vocabulary_file(path);
  std::string_view left = content;
  MergeList merges(path, tokens,
                   static_cast<std::size_t>(std::count(content.begin(), content.end(), '\n')) + 1);
  for (u64 number = 1; !left.empty(); ++number) {
    const std::size_t end = std::min(left.find('\n'), left.size());
    const std::string_view line = left.substr(0, end);
    left.remove_prefix(std::min(end + 1, left.size()));
    if (line.empty() || (number == 1 && line.starts_with("#version"))) continue;
    const std::string place = "line " + std::to_string(number);
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos) {
      throw DataError(path + ": " + place + ": expected two tokens and a space between them");
    }
    merges.add(place, line.substr(0, space), line.substr(space + 1));
  }
  return merges.take();
}

}  // namespace

Vocabulary read_gpt2_files(const std::string& encoder, const std::string& merges) {
  Vocabulary vocabulary;
  vocabulary.tokens =
      tokens_of_json(encoder, "", parse_json(encoder, read_vocabulary_file(encoder))).tokens;
  require_all_bytes(encoder, vocabulary.tokens);
  for (u32 id = 0; id < vocabulary.tokens.id_limit(); ++id) {
    if (vocabulary.tokens.bytes(id).empty()) {
      throw DataError(encoder + ": id " + std::to_string(id) + " is missing; the largest is " +
                      std::to_string(vocabulary.tokens.id_limit() - 1));
    }
  }
  vocabulary.pairs = read_merges(merges, vocabulary.tokens);
  return vocabulary;
}

}  // namespace shardmill
