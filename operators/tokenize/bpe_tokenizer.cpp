#include "operators/tokenize/bpe_tokenizer.hpp"

#include <algorithm>

#include "operators/read/record_parser.hpp"
#include "operators/text/unicode.hpp"
#include "operators/tokenize/character.hpp"

namespace shardmill {
namespace {

AddedTokens found_in_text(const BpeModel& model, bool allow_special, bool normalized) {
  std::vector<AddedToken> tokens;
  for (const BpeModel::Added& added : model.added) {
    if (added.normalized != normalized) continue;
    const bool special = added.special || added.id == model.end_of_text;
    if (allow_special || !special) tokens.push_back({added.text, added.id});
  }
  return AddedTokens(std::move(tokens));
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<u8>(c) < 0x80; });
}

}  // namespace

void append_nfc_of_bytes(std::string_view text, std::string& out) {
  if (is_utf8(text)) return append_nfc_unicode9(text, out);
  const CharacterKinds& kinds = CharacterKinds::get();
  const char* const end = text.data() + text.size();
  const char* begin = text.data();  // of a well-formed stretch
  for (const char* at = begin; at != end;) {
    const u32 length = kinds.at(at, end).length;
    if (length == 1 && static_cast<u8>(*at) >= 0x80) {
      append_nfc_unicode9({begin, static_cast<std::size_t>(at - begin)}, out);
      out += *at;
      begin = at + 1;
    }
    at += length;
  }
  append_nfc_unicode9({begin, static_cast<std::size_t>(end - begin)}, out);
}

BpeTokenizer::BpeTokenizer(BpeModel model, bool allow_special)
    : model_(std::move(model)),
      before_(found_in_text(model_, allow_special, false)),
      behind_(found_in_text(model_, allow_special, true)),
      merger_(model_.vocabulary) {
  for (const BpeModel::Added& added : model_.added) added_text_.emplace(added.id, added.text);
  for (u32 byte = 0; byte < 256; ++byte) lacks_bytes_ |= !has_token(static_cast<char>(byte));
}

bool BpeTokenizer::has_token(char byte) const { return merger_.byte_id(byte) != Merger::kNone; }

void BpeTokenizer::encode(std::string_view text, std::vector<u32>& ids) {
  if (!lacks_bytes_ || is_utf8(text)) return encode_bytes(text, ids);
  replaced_.clear();
  for (const char byte : text) {
    if (has_token(byte)) {
      replaced_ += byte;
    } else {
      replaced_ += "\xEF\xBF\xBD";
    }
  }
  encode_bytes(replaced_, ids);
}

void BpeTokenizer::encode_bytes(std::string_view text, std::vector<u32>& ids) {
  before_.split(text, ids, [&](std::string_view part) {
    if (!model_.nfc || is_ascii(part)) return encode_normalized(part, ids);
    normal_.clear();
    append_nfc_of_bytes(part, normal_);
    encode_normalized(normal_, ids);
  });
}

void BpeTokenizer::encode_normalized(std::string_view text, std::vector<u32>& ids) {
  behind_.split(text, ids, [&](std::string_view part) { encode_words(part, ids); });
}

void BpeTokenizer::encode_words(std::string_view text, std::vector<u32>& ids) {
  // So few that their slots are still in the first cache when they are looked at.
  std::array<const char*, 64> ends;
  std::array<WordCache::Slot*, ends.size()> slots;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    const std::size_t words = cut_words(model_.pattern, at, end, ends);
    const char* begin = at;
    for (std::size_t i = 0; i < words; ++i) {
      slots[i] = &cache_.slot({begin, static_cast<std::size_t>(ends[i] - begin)});
      slots[i]->fetch();
      begin = ends[i];
    }
    for (std::size_t i = 0; i < words; ++i) {
      encode_word({at, static_cast<std::size_t>(ends[i] - at)}, *slots[i], ids);
      at = ends[i];
    }
  }
}

void BpeTokenizer::encode_word(std::string_view word, WordCache::Slot& slot,
                               std::vector<u32>& ids) {
  if (word.size() == 1) return ids.push_back(merger_.byte_id(word[0]));
  if (slot.holds(word)) {
    for (const u32 id : slot.ids()) ids.push_back(id);
    return;
  }
  word_ids_.clear();
  const auto whole =
      model_.vocabulary.whole_words ? model_.vocabulary.tokens.find(word) : std::nullopt;
  if (whole) {
    word_ids_.push_back(*whole);
  } else {
    merger_.merge(word, word_ids_);
  }
  slot.keep(word, word_ids_);
  ids.insert(ids.end(), word_ids_.begin(), word_ids_.end());
}

void BpeTokenizer::decode(std::span<const u32> ids, std::string& bytes) const {
  for (const u32 id : ids) {
    const std::string_view token = model_.vocabulary.tokens.bytes(id);
    if (!token.empty()) {
      bytes += token;
      continue;
    }
    const auto added = added_text_.find(id);
    if (added == added_text_.end()) throw DataError("no token has id " + std::to_string(id));
    bytes += added->second;
  }
}

bool BpeTokenizer::merges_make_end() const {
  if (!model_.end_of_text) return false;
  const u32 end = *model_.end_of_text;
  const std::string_view bytes = model_.vocabulary.tokens.bytes(end);
  if (bytes.empty()) return false;
  if (bytes.size() == 1 || model_.vocabulary.pairs.makes(end)) return true;
  std::array<const char*, 2> ends;
  return model_.vocabulary.whole_words &&
         cut_words(model_.pattern, bytes.data(), bytes.data() + bytes.size(), ends) == 1;
}

std::optional<u32> BpeTokenizer::special(std::string_view text) const {
  for (const BpeModel::Added& added : model_.added) {
    if (added.text == text) return added.id;
  }
  return std::nullopt;
}

}  // namespace shardmill
