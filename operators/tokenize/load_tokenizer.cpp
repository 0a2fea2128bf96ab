#include <algorithm>

#include "engine/observe/json_line.hpp"
#include "engine/plan/spelling.hpp"
#include "operators/tokenize/byte_tokenizer.hpp"
#include "operators/tokenize/encodings.hpp"
#include "operators/tokenize/gpt2_files.hpp"
#include "operators/tokenize/hugging_face_file.hpp"
#include "operators/tokenize/rank_file.hpp"
#include "operators/tokenize/sentencepiece_tokenizer.hpp"
#include "operators/tokenize/vocabulary_file.hpp"

namespace shardmill {
namespace {

const Encoding& encoding_named(const std::string& name) {
  std::vector<std::string> known;
  for (const Encoding& encoding : encodings()) {
    if (encoding.name == name) return encoding;
    known.push_back(encoding.name);
  }
  known.emplace_back("bytes");
  throw ConfigError("encoding: `" + name + "` is not known" + suggestion(name, known));
}

// tokenizer.json and encoder.json.
bool begins_an_object(std::string_view content) {
  const std::size_t first = content.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && content[first] == '{';
}

Vocabulary read_vocabulary(const Encoding& encoding, const TokenizerSettings& settings) {
  if (!settings.merges.empty()) {
    if (encoding.pattern != WordPattern::gpt2) {
      throw ConfigError("merges: goes with encoder.json of gpt2; " + encoding.name +
                        " has a rank file only");
    }
    return read_gpt2_files(settings.vocabulary, settings.merges);
  }
  const std::string content = read_vocabulary_file(settings.vocabulary);
  if (begins_an_object(content)) {
    throw ConfigError("vocabulary: " + settings.vocabulary +
                      " is JSON: encoder.json needs `merges`, its vocab.bpe; tokenizer.json is a "
                      "`tokenizer` without an encoding");
  }
  return read_rank_file(settings.vocabulary, content);
}

// Without allow_special no text may have what ends a document: readers cut documents there.
std::unique_ptr<Tokenizer> byte_level(BpeModel model, const TokenizerSettings& settings) {
  for (const BpeModel::Added& added : model.added) {
    if (added.text == settings.eos) model.end_of_text = added.id;
  }
  auto tokenizer = std::make_unique<BpeTokenizer>(std::move(model), settings.allow_special);
  if (!settings.allow_special && tokenizer->merges_make_end()) {
    std::string text;
    tokenizer->decode_one(*tokenizer->end_of_text(), text);
    throw ConfigError("eos: " + json_string(text) +
                      " ends documents, but merges make it of texts too; name another token");
  }
  return tokenizer;
}

std::unique_ptr<Tokenizer> load_encoding(const TokenizerSettings& settings) {
  const Encoding& encoding = encoding_named(settings.encoding);
  if (settings.vocabulary.empty()) {
    throw ConfigError(
        "vocabulary: encoding " + encoding.name + " needs its file of ranks, such as " +
        (encoding.pattern == WordPattern::gpt2 ? "r50k_base" : encoding.name) + ".tiktoken");
  }
  BpeModel model;
  model.vocabulary = read_vocabulary(encoding, settings);
  model.pattern = encoding.pattern;
  // Ranks of another encoding would tokenise as well, and wrongly. encoder.json has the end too.
  const u64 count = settings.merges.empty() ? encoding.ranks : encoding.vocabulary_size;
  if (model.vocabulary.tokens.count() != count) {
    throw DataError(settings.vocabulary + ": expected the " + std::to_string(count) +
                    " tokens of " + encoding.name + "; found " +
                    std::to_string(model.vocabulary.tokens.count()));
  }
  for (const AddedToken& special : encoding.special) {
    model.added.push_back({special.text, special.id});
  }
  model.end_of_text = encoding.special.front().id;
  model.vocabulary_size = encoding.vocabulary_size;
  return byte_level(std::move(model), settings);
}

std::unique_ptr<Tokenizer> load_file(const TokenizerSettings& settings) {
  const std::string content = read_vocabulary_file(settings.tokenizer);
  if (begins_an_object(content)) {
    return byte_level(read_hugging_face_file(settings.tokenizer, content), settings);
  }
  // A message of Protocol Buffers whose first field is a piece.
  if (!content.starts_with('\n')) {
    throw DataError(settings.tokenizer +
                    ": expected tokenizer.json or a SentencePiece model; a rank file is the "
                    "`vocabulary` of an encoding");
  }
  if (settings.allow_special) {
    throw ConfigError(
        "allow_special: no text stands for the control pieces of a SentencePiece model");
  }
  return std::make_unique<SentencePieceTokenizer>(settings.tokenizer, content);
}

}  // namespace

std::unique_ptr<Tokenizer> load_tokenizer(const TokenizerSettings& settings) {
  if (settings.encoding.empty() == settings.tokenizer.empty()) {
    throw ConfigError("tokenizer: expected an `encoding`, or a `tokenizer` file, and not both");
  }
  if (!settings.merges.empty() && settings.vocabulary.empty()) {
    throw ConfigError("merges: goes with `vocabulary`, which is missing");
  }
  const bool needs_vocabulary = settings.tokenizer.empty() && settings.encoding != "bytes";
  if (!needs_vocabulary && !settings.vocabulary.empty()) {
    throw ConfigError(
        std::string("vocabulary: belongs to an encoding; ") +
        (settings.tokenizer.empty() ? "bytes has none" : "a tokenizer file has its own"));
  }
  std::unique_ptr<Tokenizer> tokenizer;
  if (settings.encoding == "bytes") {
    tokenizer = std::make_unique<ByteTokenizer>(settings.allow_special);
  } else {
    tokenizer = settings.tokenizer.empty() ? load_encoding(settings) : load_file(settings);
  }
  if (!settings.eos.empty() && !tokenizer->special(settings.eos)) {
    throw ConfigError("eos: no special token is " + json_string(settings.eos));
  }
  return tokenizer;
}

}  // namespace shardmill
