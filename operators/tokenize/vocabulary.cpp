#include "operators/tokenize/vocabulary.hpp"

#include <deque>

#include "engine/hash/hash.hpp"

namespace shardmill {

namespace {

// An entry of by_bytes_: the hash tells nearly all that differ apart without a look at their bytes.
u64 entry_of(u64 hash, u32 id) { return (hash & ~u64{UINT32_MAX}) | (id + 1); }
u32 id_of(u64 entry) { return static_cast<u32>(entry) - 1; }
bool same_hash(u64 entry, u64 hash) { return (entry ^ hash) >> 32 == 0; }

template <class Wanted>
void require(const std::string& path, const TokenBytes& tokens, Wanted&& wanted, const char* of) {
  for (u32 byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    if (!wanted(byte) || tokens.find({&c, 1})) continue;
    throw DataError(path + ": no token for byte " + std::to_string(byte) +
                    " alone; byte-level BPE has one for " + of);
  }
}

}  // namespace

// Where these bytes are or would be in by_bytes_.
std::size_t TokenBytes::place(std::string_view wanted, u64 hash) const {
  const std::size_t mask = by_bytes_.size() - 1;
  std::size_t at = hash & mask;
  while (by_bytes_[at] != 0 &&
         (!same_hash(by_bytes_[at], hash) || bytes(id_of(by_bytes_[at])) != wanted)) {
    at = (at + 1) & mask;
  }
  return at;
}

bool TokenBytes::add(u32 id, std::string_view bytes_of_it) {
  if (!bytes(id).empty()) return false;
  const u64 hash = hash64(bytes_of_it);
  if (by_bytes_[place(bytes_of_it, hash)] != 0) return false;
  if (2 * ++count_ > by_bytes_.size()) grow();
  keep(id, bytes_of_it);
  by_bytes_[place(bytes_of_it, hash)] = entry_of(hash, id);
  return true;
}

bool TokenBytes::add_unfound(u32 id, std::string_view bytes_of_it) {
  if (!bytes(id).empty()) return false;
  keep(id, bytes_of_it);
  return true;
}

void TokenBytes::keep(u32 id, std::string_view bytes_of_it) {
  if (id >= tokens_.size()) tokens_.resize(id + 1);
  tokens_[id] = {text_.size(), narrow<u32>(bytes_of_it.size())};
  text_ += bytes_of_it;
}

void TokenBytes::grow() {
  const std::vector<u64> old = std::exchange(by_bytes_, std::vector<u64>(2 * by_bytes_.size()));
  for (const u64 entry : old) {
    if (entry == 0) continue;
    const std::string_view token = bytes(id_of(entry));
    by_bytes_[place(token, hash64(token))] = entry;
  }
}

std::optional<u32> TokenBytes::find(std::string_view wanted) const {
  const u64 entry = by_bytes_[place(wanted, hash64(wanted))];
  if (entry == 0) return std::nullopt;
  return id_of(entry);
}

PairTable pairs_by_bytes(const TokenBytes& tokens) {
  struct Pair {
    u32 left;
    u32 right;
    u32 both;
  };
  std::deque<Pair> pairs;  // which is never copied as it grows
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
  require(
      path, tokens, [](u32) { return true; }, "each of the 256");
}

void require_bytes_of_utf8(const std::string& path, const TokenBytes& tokens) {
  const auto may_be = [](u32 byte) { return byte != 0xC0 && byte != 0xC1 && byte < 0xF5; };
  require(path, tokens, may_be, "each that UTF-8 may have");
}

}  // namespace shardmill
