#include "operators/dedup/shingle_bitmap.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace shardmill {
namespace {

// The table of a component begins with room for a document and a half, and is a cache line at
// least.
constexpr std::size_t kFewestSlots = 4;
// Shingles to look ahead: as many cache misses as a core has under way at once.
constexpr std::size_t kAhead = 12;

// Of two ascending lists. The loop has no branch that depends on the data but its end.
u64 count_common(std::span<const u64> a, std::span<const u64> b) {
  u64 found = 0;
  for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    const u64 left = a[i];
    const u64 right = b[j];
    found += left == right;
    i += left <= right;
    j += right <= left;
  }
  return found;
}

// Bits that two bitmaps share. Inlined into functions for different processors, where counting the
// bits of a word is one instruction or a dozen.
[[gnu::always_inline]] inline u64 shared_bits(const ShingleBitmap& a, const ShingleBitmap& b) {
  const std::span<const u32> x = a.indexes();
  const std::span<const u32> y = b.indexes();
  u64 found = 0;
  for (std::size_t i = 0, j = 0; i < x.size() && j < y.size();) {
    const u32 left = x[i];
    const u32 right = y[j];
    if (left == right) {
      found += static_cast<u64>(__builtin_popcountll(a.words()[i] & b.words()[j]));
    }
    i += left <= right;
    j += right <= left;
  }
  return found;
}

u64 shared_bits_portable(const ShingleBitmap& a, const ShingleBitmap& b) {
  return shared_bits(a, b);
}

#if defined(__x86_64__)
__attribute__((target("popcnt"))) u64 shared_bits_popcnt(const ShingleBitmap& a,
                                                         const ShingleBitmap& b) {
  return shared_bits(a, b);
}
#endif

auto best_shared_bits() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("popcnt") != 0) return shared_bits_popcnt;
#endif
  return shared_bits_portable;
}

}  // namespace

u64 ShingleBitmap::common(const ShingleBitmap& other) const {
  static const auto shared = best_shared_bits();
  return shared(*this, other) + count_common(unnumbered(), other.unnumbered());
}

u64 ShingleBitmap::common_portable(const ShingleBitmap& other) const {
  return shared_bits_portable(*this, other) + count_common(unnumbered(), other.unnumbered());
}

void ShingleNumbers::clear() {
  slots_.clear();
  given_ = 0;
  full_ = false;
}

void ShingleNumbers::begin(std::size_t shingles) {
  // A tighter limit than the first document is met at once, and the rest gets no number.
  const std::size_t most = std::bit_floor(std::max<std::size_t>(limit_ / sizeof(Slot), 1));
  const std::size_t slots = std::max(std::min(std::bit_ceil(3 * shingles + 1), most), kFewestSlots);
  slots_.resize(slots);
  shift_ = static_cast<unsigned>(64 - std::countr_zero(slots));
}

void ShingleNumbers::grow() {
  std::vector<Slot> before(2 * slots_.size());
  before.swap(slots_);
  --shift_;
  const std::size_t mask = slots_.size() - 1;
  for (const Slot& old : before) {
    if (old.number == kNone) continue;
    std::size_t at = old.shingle >> shift_;
    while (slots_[at].number != kNone) at = (at + 1) & mask;
    slots_[at] = old;
  }
}

u32 ShingleNumbers::number_of(u64 shingle) {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = shingle >> shift_;
  while (slots_[at].number != kNone) {
    if (slots_[at].shingle == shingle) return slots_[at].number;
    at = (at + 1) & mask;
  }
  if (full_) return kNone;
  slots_[at] = {shingle, ++given_};
  if (2 * std::size_t{given_} < slots_.size()) return given_;
  // While it grows, the table stands in memory three times: as it was, and twice as large.
  full_ = 3 * slots_.size() * sizeof(Slot) > limit_ || slots_.size() > UINT32_MAX / 2;
  if (!full_) grow();
  return given_;
}

void ShingleNumbers::add(std::string_view shingles) {
  const std::size_t given = shingles.size() / sizeof(u64);
  if (slots_.empty()) begin(given);
  const auto shingle_at = [&](std::size_t i) {
    u64 shingle = 0;
    std::memcpy(&shingle, shingles.data() + i * sizeof(u64), sizeof(u64));
    return shingle;
  };
  for (std::size_t i = 0; i < given; ++i) {
    if (i + kAhead < given) __builtin_prefetch(&slots_[shingle_at(i + kAhead) >> shift_]);
    const u64 shingle = shingle_at(i);
    const u32 number = number_of(shingle);
    if (number == kNone) {
      left_out_.push_back(shingle);
      continue;
    }
    const u32 index = number / 64;
    if (index >= bits_.size()) bits_.resize(std::max<std::size_t>(2 * bits_.size(), index + 1));
    if (bits_[index] == 0) touched_.push_back(index);
    const u64 bit = u64{1} << (number % 64);
    numbered_ += (bits_[index] & bit) == 0;
    bits_[index] |= bit;
  }
}

void ShingleNumbers::encode(std::vector<u64>& code) {
  std::sort(touched_.begin(), touched_.end());
  std::sort(left_out_.begin(), left_out_.end());
  left_out_.erase(std::unique(left_out_.begin(), left_out_.end()), left_out_.end());

  const std::size_t words = touched_.size();
  code.assign(1 + words + (words + 1) / 2, 0);
  code[0] = (numbered_ + left_out_.size()) << 32 | words;
  for (std::size_t i = 0; i < words; ++i) {
    code[1 + i] = bits_[touched_[i]];
    bits_[touched_[i]] = 0;
  }
  std::memcpy(code.data() + 1 + words, touched_.data(), words * sizeof(u32));
  code.insert(code.end(), left_out_.begin(), left_out_.end());
  touched_.clear();
  left_out_.clear();
  numbered_ = 0;
}

}  // namespace shardmill
