// What words became, so that a word that comes again takes one look-up.
#pragma once

#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "engine/hash/hash.hpp"

namespace shardmill {

// Direct-mapped, 16 MiB: a word takes the place of another that falls on its slot. Words and ids
// are compared and kept whole, so a collision costs time, never a wrong id. Larger than a core's
// caches: slots are to be fetched some words ahead.
class WordCache {
 public:
  static constexpr std::size_t kLongest = 36;  // bytes of a word
  static constexpr std::size_t kMostIds = 6;

  WordCache() : slots_(kSlots) {}

  // Where a word is, or would be.
  class Slot {
   public:
    [[nodiscard]] bool holds(std::string_view word) const {
      return length_ == word.size() && std::memcmp(bytes_, word.data(), word.size()) == 0;
    }
    [[nodiscard]] std::span<const u32> ids() const { return {ids_, count_}; }
    void fetch() { __builtin_prefetch(this, 1); }
    // Keeps nothing when the word is too long or there are too many ids.
    void keep(std::string_view word, std::span<const u32> ids) {
      if (word.size() > kLongest || ids.size() > kMostIds) return;
      length_ = static_cast<u8>(word.size());
      count_ = static_cast<u8>(ids.size());
      std::memcpy(bytes_, word.data(), word.size());
      std::memcpy(ids_, ids.data(), ids.size_bytes());
    }

   private:
    u8 length_ = 0;  // 0: empty
    u8 count_ = 0;
    char bytes_[kLongest + 2] = {};
    u32 ids_[kMostIds] = {};
  };
  static_assert(sizeof(Slot) == 64);  // a cache line

  // A longer word has one too, which does not keep it.
  [[nodiscard]] Slot& slot(std::string_view word) {
    return slots_[hash_of(word.substr(0, kLongest)) >> (64 - kSlotBits)];
  }

 private:
  static constexpr u32 kSlotBits = 18;
  static constexpr std::size_t kSlots = std::size_t{1} << kSlotBits;

  // Inline, since words are some five bytes long; XXH3 is a call into a library.
  static u64 hash_of(std::string_view word) {
    constexpr u64 kMultiplier = 0x9E3779B97F4A7C15U;
    const char* at = word.data();
    std::size_t left = word.size();
    u64 hash = left;
    for (; left > 8; left -= 8, at += 8) {
      u64 block = 0;
      std::memcpy(&block, at, 8);
      hash = mix64(hash ^ block);
    }
    u64 block = 0;
    if (left >= 4) {
      u32 low = 0;
      u32 high = 0;
      std::memcpy(&low, at, 4);
      std::memcpy(&high, at + left - 4, 4);
      block = (u64{high} << 32) | low;
    } else {
      block = (u64{static_cast<u8>(at[0])} << 16) | (u64{static_cast<u8>(at[left / 2])} << 8) |
              static_cast<u8>(at[left - 1]);
    }
    hash = (hash ^ block) * kMultiplier;
    return (hash ^ (hash >> 32)) * kMultiplier;
  }

  std::vector<Slot> slots_;
};

}  // namespace shardmill
