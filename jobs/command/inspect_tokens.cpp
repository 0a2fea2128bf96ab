#include "jobs/command/inspect_tokens.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/observe/progress_text.hpp"
#include "jobs/command/output.hpp"
#include "jobs/command/snapshot_tokenizer.hpp"
#include "jobs/report/amounts.hpp"
#include "operators/tokenize/character.hpp"
#include "operators/write/sample_shard_reader.hpp"
#include "operators/write/token_shard_reader.hpp"

namespace shardmill {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kShown = 3;          // documents
constexpr std::size_t kTokensShown = 100;  // of each, to people

// A document, or a piece of one in a sample.
struct Stretch {
  std::string shard;
  std::string where;  // in the shard, for people
  std::string id;
  std::string source;
  u64 begin = 0;  // first token of `data`, or first position
  u64 first = 0;  // of the document's tokens
  std::vector<u32> ids;
};

std::vector<Stretch> documents_of(const Dataset& dataset, const ShardRecord& shard, u64 most) {
  std::vector<Stretch> found;
  const TokenShardReader reader(dataset.folder(), shard.path);
  reader.for_each(0, std::min(most, reader.n_documents()), [&](const TokenDocument& document) {
    found.push_back({shard.path,
                     "document " + std::to_string(document.number),
                     std::string(document.id),
                     std::string(document.source),
                     document.begin,
                     0,
                     {document.ids.begin(), document.ids.end()}});
    return true;
  });
  return found;
}

// Inputs of the first pieces.
std::vector<Stretch> pieces_of(const Dataset& dataset, const ShardRecord& shard, u64 most) {
  std::vector<Stretch> found;
  const SampleShardReader reader(dataset.folder(), shard.path);
  const u64 length = reader.format().samples->length;
  reader.for_each([&](const PieceRow& piece) {
    found.push_back({shard.path,
                     "sample " + std::to_string(piece.begin / length) + " from " +
                         std::to_string(piece.begin % length),
                     std::string(piece.id), std::string(piece.source), piece.begin, piece.token,
                     reader.inputs(piece)});
    return found.size() < most;
  });
  return found;
}

struct Decoded {
  std::vector<std::string> tokens;  // visible
  u64 text_bytes = 0;
};

Decoded decode(const Stretch& stretch, const Tokenizer& tokenizer, u32 end) {
  Decoded decoded;
  std::string bytes;
  try {
    for (const u32 id : stretch.ids) {
      bytes.clear();
      tokenizer.decode_one(id, bytes);
      decoded.tokens.push_back(visible_token(bytes));
    }
    bytes.clear();
    std::span<const u32> text = stretch.ids;
    if (!text.empty() && text.back() == end) text = text.first(text.size() - 1);
    tokenizer.decode(text, bytes);
  } catch (const DataError& error) {
    throw DataError(stretch.shard + ": " + stretch.where + " (" + stretch.id +
                    "): " + error.what());
  }
  decoded.text_bytes = bytes.size();
  return decoded;
}

Json as_json(const Stretch& stretch, const Decoded& decoded, bool samples) {
  const u64 n = stretch.ids.size();
  Json json = {{"id", stretch.id},       {"source", stretch.source},
               {"shard", stretch.shard}, {"begin", stretch.begin},
               {"n_tokens", n},          {"text_bytes", decoded.text_bytes}};
  if (samples) json["token"] = stretch.first;
  json["bytes_per_token"] =
      n == 0 ? Json(nullptr)
             : Json(static_cast<double>(decoded.text_bytes) / static_cast<double>(n));
  json["ids"] = stretch.ids;
  json["tokens"] = decoded.tokens;
  return json;
}

std::string as_text(const Stretch& stretch, const Decoded& decoded, bool samples) {
  const u64 n = stretch.ids.size();
  std::string text =
      "\n  " + printable(stretch.id) + " from " + printable(stretch.source) + ", " + stretch.shard +
      " " + stretch.where + (samples ? ", its tokens from " + std::to_string(stretch.first) : "") +
      ":\n  " + grouped(n) + (n == 1 ? " token, " : " tokens, ") + grouped(decoded.text_bytes) +
      " bytes of text, " + ratio(decoded.text_bytes, n) + " bytes per token\n";
  std::string tokens = "    |";
  std::string ids = "   ";
  for (std::size_t i = 0; i < std::min<std::size_t>(n, kTokensShown); ++i) {
    tokens += decoded.tokens[i] + "|";
    ids += " " + std::to_string(stretch.ids[i]);
  }
  const std::string more = n > kTokensShown ? " …" : "";
  return text + tokens + more + "\n" + ids + more + "\n";
}

}  // namespace

std::string visible_token(std::string_view bytes) {
  constexpr char kHex[] = "0123456789abcdef";
  const CharacterKinds& characters = CharacterKinds::get();
  std::string text;
  for (const char* at = bytes.data(); at != bytes.data() + bytes.size();) {
    const u32 length = characters.at(at, bytes.data() + bytes.size()).length;
    const std::string_view character(at, length);
    const u8 first = static_cast<u8>(*at);
    // U+0080 to U+009F steer terminals too.
    const bool control = first < 0x20 || first == 0x7f ||
                         (first == 0xc2 && length == 2 && static_cast<u8>(at[1]) < 0xa0);
    at += length;
    if (character == "\n" || character == "\r" || character == "\t") {
      text += character == "\n" ? "\\n" : character == "\r" ? "\\r" : "\\t";
    } else if (character == "|" || character == "\\") {
      (text += '\\') += character;
    } else if (control || (first >= 0x80 && length == 1)) {
      for (const char c : character) {
        text += {'\\', 'x', kHex[static_cast<u8>(c) >> 4], kHex[static_cast<u8>(c) & 15]};
      }
    } else {
      text += character;
    }
  }
  return text;
}

int inspect_tokens(const Dataset& dataset, const Arguments& arguments) {
  const std::vector<const ShardRecord*> shards = dataset.token_shards("inspect --tokens");
  const std::unique_ptr<Tokenizer> tokenizer = tokenizer_of(dataset, arguments);
  const bool samples = SampleShardReader::reads(dataset.folder(), shards.front()->path);
  std::vector<Stretch> shown;
  for (const ShardRecord* shard : shards) {
    if (shown.size() == kShown) break;
    const u64 left = kShown - shown.size();
    for (Stretch& stretch :
         samples ? pieces_of(dataset, *shard, left) : documents_of(dataset, *shard, left)) {
      shown.push_back(std::move(stretch));
    }
  }
  const TokenFormat format =
      samples ? SampleShardReader(dataset.folder(), shards.front()->path).format()
              : TokenShardReader(dataset.folder(), shards.front()->path).format();
  const Manifest& manifest = dataset.manifest();
  Json json = {{"dataset", manifest.dataset},
               {"snapshot", manifest.snapshot},
               {"path", dataset.folder().string()},
               {"tokenizer", format.tokenizer},
               {"vocabulary_size", format.vocabulary_size},
               {"eos_id", format.end},
               {"layout", samples ? "sample" : "corpus"},
               {"documents", Json::array()}};
  std::string text =
      printable(manifest.dataset) + ", snapshot " + std::to_string(manifest.snapshot) + ": " +
      printable(dataset.folder().string()) + "\ntokens of " + printable(format.tokenizer) + ", " +
      grouped(format.vocabulary_size) + " ids, " + std::to_string(format.end) +
      " ends a document; layout " + (samples ? "sample" : "corpus") + "\n";
  for (const Stretch& stretch : shown) {
    const Decoded decoded = decode(stretch, *tokenizer, format.end);
    json["documents"].push_back(as_json(stretch, decoded, samples));
    text += as_text(stretch, decoded, samples);
  }
  Output output;
  output.write(arguments.json ? json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"
                              : text);
  output.finish();
  return 0;
}

}  // namespace shardmill
