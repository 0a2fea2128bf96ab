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

// Character shingles hashed at a time.
constexpr std::size_t kWindows = std::size_t{1} << 14;

u64 power(u64 base, u32 exponent) {
  u64 product = 1;
  for (u32 i = 0; i < exponent; ++i) product *= base;
  return product;
}

}  // namespace

Shingler::Shingler(ShingleSettings settings, const ByteKernels& kernels, std::size_t piece)
    : settings_(settings),
      leaving_factor_(power(kMultiplier, settings.size)),
      piece_(piece),
      scanner_(kernels) {
  if (settings.size == 0) throw InternalError("a shingle of size 0; expected at least 1");
}

void Shingler::shingles(std::string_view text, const Take& take) {
  begin();
  while (!text.empty()) {
    const std::size_t piece = word_piece(text, piece_);
    scanner_.scan(text.substr(0, piece));
    text.remove_prefix(piece);
    if (scanner_.size() == 0) continue;
    if (settings_.unit == ShingleUnit::words) {
      word_shingles(take);
    } else {
      character_shingles(take);
    }
  }
  end(take);
  scanner_.release_if_large();
  if (joined_.capacity() > 4 * kWordPiece) release(joined_);
  if (word_hashes_.capacity() > kWordPiece) {
    release(word_hashes_);
    release(out_);
  }
}

void Shingler::begin() {
  seen_ = 0;
  sum_ = 0;
  word_hashes_.assign(settings_.size, 0);
  joined_.clear();
}

// A rolling sum: one dependent multiplication and addition, some four cycles for each shingle.
void Shingler::word_shingles(const Take& take) {
  const std::size_t size = settings_.size;
  const std::size_t words = scanner_.size();
  word_hashes_.resize(size + words);
  scanner_.hash(std::span(word_hashes_).subspan(size));
  out_.resize(words);
  const u64* const hash = word_hashes_.data();
  u64 sum = sum_;
  for (std::size_t i = 0; i < words; ++i) {
    sum = sum * kMultiplier + (hash[size + i] - hash[i] * leaving_factor_);
    out_[i] = mix64(sum);
  }
  sum_ = sum;
  // The first size - 1 words of the document complete no shingle.
  const std::size_t open = std::min(words, size - 1 - std::min<u64>(seen_, size - 1));
  seen_ += words;
  if (open < words) take(std::span<const u64>(out_).subspan(open));
  std::copy_n(word_hashes_.begin() + static_cast<std::ptrdiff_t>(words), size,
              word_hashes_.begin());
}

void Shingler::character_shingles(const Take& take) {
  const std::size_t size = settings_.size;
  if (seen_ > 0) joined_.push_back(' ');
  scanner_.append_joined(joined_);
  const auto hash_windows = [&](std::size_t windows) {
    out_.resize(windows);
    const std::span<const u32> starts(starts_);
    hash_slices(joined_.data(), starts.first(windows), starts.subspan(size, windows), out_);
    take(out_);
    starts_.erase(starts_.begin(), starts_.begin() + static_cast<std::ptrdiff_t>(windows));
  };
  starts_.clear();
  u64 code_points = 0;
  for (std::size_t at = 0; at < joined_.size(); ++at) {
    if (is_continuation(joined_[at])) continue;
    ++code_points;
    starts_.push_back(narrow<u32>(at));
    if (starts_.size() == size + kWindows) hash_windows(kWindows);  // one word may be the document
  }
  starts_.push_back(narrow<u32>(joined_.size()));
  if (starts_.size() > size) hash_windows(starts_.size() - size);
  joined_.erase(0, starts_.front());
  seen_ += code_points - std::min<u64>(seen_, size - 1);
}

// A document shorter than a shingle is one.
void Shingler::end(const Take& take) {
  if (seen_ == 0 || seen_ >= settings_.size) return;
  const u64 whole = settings_.unit == ShingleUnit::words ? mix64(sum_ + seen_ * kShortDocument)
                                                         : hash64(joined_, kShortDocumentSeed);
  take({&whole, 1});
}

}  // namespace shardmill
