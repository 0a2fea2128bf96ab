#include "operators/tokenize/json_vocabulary.hpp"

#include <nlohmann/json.hpp>

#include "engine/observe/json_line.hpp"
#include "operators/tokenize/byte_alphabet.hpp"

namespace shardmill {
namespace {

constexpr u64 kMostGaps = 65536;  // ids that no token has

}  // namespace

nlohmann::json parse_json(const std::string& path, std::string_view content) {
  try {
    return nlohmann::json::parse(content);
  } catch (const nlohmann::json::parse_error& error) {
    throw DataError(path + ": no JSON at offset " + std::to_string(error.byte) + ": " +
                    error.what());
  }
}

JsonTokens tokens_of_json(const std::string& path, const std::string& place,
                          const nlohmann::json& vocabulary) {
  if (!vocabulary.is_object() || vocabulary.empty()) {
    throw DataError(path + ": " + place + "expected an object of tokens and their ids");
  }
  JsonTokens found;
  // Ids may have gaps, but a table by id is no larger than the file suggests.
  const u64 limit = std::min<u64>(TokenBytes::kMostIds, vocabulary.size() + kMostGaps);
  for (const auto& [token, id] : vocabulary.items()) {
    const auto fail = [&, &name = token](const std::string& what) {
      throw DataError(
          (path + ": ").append(place).append("token ").append(json_string(name)).append(": ") +=
          what);
    };
    if (!id.is_number_unsigned() || id.get<u64>() >= limit) {
      fail("expected an id below " + std::to_string(limit));
    }
    if (token.empty()) fail("it is empty");
    const auto bytes = bytes_of_letters(token);
    if (!bytes) {
      found.unspelt.emplace(token, id.get<u32>());
    } else if (!found.tokens.add(id.get<u32>(), *bytes)) {
      fail("its id " + std::to_string(id.get<u32>()) + " or its bytes are another token's too");
    }
  }
  for (const auto& [token, id] : found.unspelt) {
    if (found.tokens.add_unfound(id, token)) continue;
    throw DataError((path + ": ").append(place).append("token ").append(json_string(token)) +
                    ": its id " + std::to_string(id) + " is another token's too");
  }
  return found;
}

u32 MergeList::id(const std::string& place, std::string_view letters, std::string& bytes) const {
  const auto spelt = bytes_of_letters(letters);
  bytes += spelt.value_or("");
  const auto found = spelt ? tokens_.find(*spelt) : std::nullopt;
  if (!found) {
    throw DataError(path_ + ": " + place + ": " + json_string(letters) + " is no token");
  }
  return *found;
}

void MergeList::add(const std::string& place, std::string_view left, std::string_view right) {
  std::string bytes;
  const u32 left_id = id(place, left, bytes);
  const u32 right_id = id(place, right, bytes);
  const auto both = tokens_.find(bytes);
  if (!both) {
    throw DataError(path_ + ": " + place + ": " + json_string(std::string(left) += right) +
                    ", which it makes, is no token");
  }
  if (!pairs_.add(left_id, right_id, {rank_++, *both})) {
    throw DataError(path_ + ": " + place + ": this merge is there already");
  }
}

}  // namespace shardmill
