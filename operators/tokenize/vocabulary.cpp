#include "operators/tokenize/vocabulary.hpp"

#include "engine/hash/hash.hpp"

namespace shardmill {

// Where these bytes are or would be in by_bytes_.
std::size_t TokenBytes::place(std::string_view wanted) const {
  const std::size_t mask = by_bytes_.size() - 1;
  std::size_t at = hash64(wanted) & mask;
  while (by_bytes_[at] != 0 && bytes(by_bytes_[at] - 1) != wanted) at = (at + 1) & mask;
  return at;
}

bool TokenBytes::add(u32 id, std::string_view bytes_of_it) {
  if (!bytes(id).empty()) return false;
  if (by_bytes_[place(bytes_of_it)] != 0) return false;
  if (2 * ++count_ > by_bytes_.size()) grow();
  if (id >= tokens_.size()) tokens_.resize(id + 1);
  tokens_[id] = {text_.size(), narrow<u32>(bytes_of_it.size())};
  text_ += bytes_of_it;
  by_bytes_[place(bytes_of_it)] = id + 1;
  return true;
}

void TokenBytes::grow() {
  const std::vector<u32> old = std::exchange(by_bytes_, std::vector<u32>(2 * by_bytes_.size()));
  for (const u32 entry : old) {
    if (entry != 0) by_bytes_[place(bytes(entry - 1))] = entry;
  }
}

std::optional<u32> TokenBytes::find(std::string_view wanted) const {
  const u32 entry = by_bytes_[place(wanted)];
  if (entry == 0) return std::nullopt;
  return entry - 1;
}

PairTable pairs_by_bytes(const TokenBytes& tokens) {
  struct Pair {
    u32 left;
    u32 right;
    u32 both;
  };
  std::vector<Pair> pairs;
  for (u32 id = 0; id < tokens.id_limit(); ++id) {
    const std::string_view bytes = tokens.bytes(id);
    for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
      const auto left = tokens.find(bytes.substr(0, cut));
      if (!left) continue;
      const auto right = tokens.find(bytes.substr(cut));
      if (right) pairs.push_back({*left, *right, id});
    }
  }
  PairTable table(pairs.size());
  for (const Pair& pair : pairs) table.add(pair.left, pair.right, {pair.both, pair.both});
  return table;
}

void require_all_bytes(const std::string& path, const TokenBytes& tokens) {
  for (u32 byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    if (tokens.find({&c, 1})) continue;
    throw DataError(path + ": no token for byte " + std::to_string(byte) +
                    " alone; byte-level BPE has one for each of the 256");
  }
}

}  // namespace shardmill
