#include "operators/tokenize/byte_tokenizer.hpp"

namespace shardmill {

void ByteTokenizer::encode(std::string_view text, std::vector<u32>& ids) {
  ids.reserve(ids.size() + text.size());
  special_.split(text, ids, [&ids](std::string_view part) {
    for (const char c : part) ids.push_back(static_cast<u8>(c));
  });
}

void ByteTokenizer::decode(std::span<const u32> ids, std::string& bytes) const {
  for (const u32 id : ids) {
    if (id > kEnd) {
      throw DataError("no token has id " + std::to_string(id) + ": encoding \"bytes\" has 0 to " +
                      std::to_string(kEnd));
    }
    if (id == kEnd) {
      bytes += kEndText;
    } else {
      bytes += static_cast<char>(id);
    }
  }
}

std::optional<u32> ByteTokenizer::special(std::string_view text) const {
  if (text == kEndText) return kEnd;
  return std::nullopt;
}

}  // namespace shardmill
