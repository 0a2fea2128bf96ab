#include "operators/dedup/signature/shingler.hpp"

#include <algorithm>

#include "engine/hash/hash.hpp"
#include "operators/text/slice_hash.hpp"
#include "operators/text/utf8.hpp"

namespace shardmill {
namespace {

constexpr u64 kMultiplier = 0x9E3779B97F4A7C15;     // odd, 2^64 / golden ratio
constexpr u64 kShortDocument = 0xD6E8FEB86659FD93;  // keeps short documents apart from windows
constexpr u64 kShortDocumentSeed = 1;

u64 power(u64 base, u32 exponent) {
  u64 product = 1;
  for (u32 i = 0; i < exponent; ++i) product *= base;
  return product;
}

}  // namespace

Shingler::Shingler(ShingleSettings settings, const ByteKernels& kernels)
    : settings_(settings), leaving_factor_(power(kMultiplier, settings.size)), scanner_(kernels) {
  if (settings.size == 0) throw InternalError("a shingle of size 0; expected at least 1");
}

void Shingler::shingles(std::string_view text, std::vector<u64>& out) {
  scanner_.scan(text);
  if (scanner_.size() == 0) {
    out.clear();
  } else if (settings_.unit == ShingleUnit::words) {
    word_shingles(out);
  } else {
    character_shingles(out);
  }
}

void Shingler::word_shingles(std::vector<u64>& out) {
  scanner_.hash(word_hashes_);
  const std::size_t size = settings_.size;
  const std::size_t words = word_hashes_.size();
  const u64* const hash = word_hashes_.data();
  u64 sum = 0;
  for (std::size_t i = 0; i < std::min(size, words); ++i) sum = sum * kMultiplier + hash[i];
  if (words < size) {
    out.assign(1, mix64(sum + words * kShortDocument));
    return;
  }
  out.resize(words - size + 1);
  out[0] = mix64(sum);
  // A rolling sum: one dependent multiplication and addition, some four cycles for each shingle.
  for (std::size_t i = size; i < words; ++i) {
    sum = sum * kMultiplier + (hash[i] - hash[i - size] * leaving_factor_);
    out[i - size + 1] = mix64(sum);
  }
}

void Shingler::character_shingles(std::vector<u64>& out) {
  scanner_.join(joined_);
  starts_.clear();
  for (std::size_t at = 0; at < joined_.size(); ++at) {
    if (!is_continuation(joined_[at])) starts_.push_back(narrow<u32>(at));
  }
  starts_.push_back(narrow<u32>(joined_.size()));
  const std::size_t code_points = starts_.size() - 1;
  const std::size_t size = settings_.size;
  if (code_points < size) {
    out.assign(1, hash64(joined_, kShortDocumentSeed));
    return;
  }
  const std::size_t windows = code_points - size + 1;
  out.resize(windows);
  const std::span<const u32> starts(starts_);
  hash_slices(joined_.data(), starts.first(windows), starts.subspan(size), out);
}

}  // namespace shardmill
