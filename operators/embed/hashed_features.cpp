#include "operators/embed/hashed_features.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "engine/hash/hash.hpp"
#include "operators/text/slice_hash.hpp"
#include "operators/text/utf8.hpp"
#include "operators/text/word_pieces.hpp"

namespace shardmill {
namespace {

constexpr u64 kGolden = 0x9e3779b97f4a7c15U;  // odd and without a pattern: keeps pairs in order
constexpr u64 kRun = 1;                       // runs are no words, though they may spell one
constexpr u32 kOne = u32{1} << 16;            // a weight of 1
constexpr u64 kMostOccurrences = 1024;        // of which weights are told apart
constexpr std::size_t kWordsAtOnce = 512;     // their runs stay in the cache
constexpr std::size_t kSmallestTable = 1024;  // slots
constexpr unsigned kCoordinates = 4;          // of a feature, 16 bits of its hash for each

// Bytes of the first kLongestWord code points.
std::size_t head_of(std::string_view word) {
  std::size_t code_points = 0;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (!is_continuation(word[i]) && ++code_points > HashedFeatures::kLongestWord) return i;
  }
  return word.size();
}

}  // namespace

u64 HashedFeatures::weight(u64 occurrences) {
  const auto n = static_cast<double>(std::min(occurrences, kMostOccurrences));
  return static_cast<u64>(std::llround(kOne * (1 + std::log(n))));
}

u32 HashedFeatures::rarity(u64 count, u64 total) {
  const double times = static_cast<double>(total) / static_cast<double>(count);
  return narrow<u32>(std::llround(kOne * std::log(times)));
}

HashedFeatures::HashedFeatures(u32 dimensions, const WordFrequencies* frequencies)
    : dimensions_(dimensions), frequencies_(frequencies), sums_(dimensions) {
  if (dimensions == 0 || dimensions > kMostDimensions) {
    throw InternalError("hashed vectors of " + std::to_string(dimensions) + " dimensions");
  }
  weights_.push_back(0);
  while (weights_.size() <= kMostOccurrences) weights_.push_back(weight(weights_.size()));
}

bool HashedFeatures::embed(std::string_view text, std::vector<float>& out) {
  begin(text.size());
  while (!text.empty() && words_ < kMostWords) {
    const std::size_t piece = word_piece(text);
    const std::size_t found = scanner_.scan(text.substr(0, piece));
    text.remove_prefix(piece);
    const std::size_t wanted = std::min(found, kMostWords - words_);
    for (std::size_t first = 0; first < wanted; first += kWordsAtOnce) {
      add_words(first, std::min(kWordsAtOnce, wanted - first));
    }
  }
  scanner_.release_if_large();
  if (words_ == 0) return false;
  project(out);
  return true;
}

void HashedFeatures::begin(std::size_t bytes) {
  // English text has about half as many different features as bytes, when it is short.
  const std::size_t slots = std::bit_ceil(std::clamp(bytes, kSmallestTable, kMostWords * 16));
  if (slots_.size() < slots) slots_.resize(slots);
  std::fill_n(slots_.begin(), slots, Slot{});
  mask_ = slots - 1;
  features_ = 0;
  words_ = 0;
}

void HashedFeatures::add_words(std::size_t first, std::size_t n) {
  padded_.assign(1, ' ');
  begins_.clear();
  ends_.clear();
  hashes_.resize(n);
  for (std::size_t i = 0; i < n; ++i) {
    const std::string_view word = scanner_[first + i];
    hashes_[i] = hash64(word);
    add_runs(word);
  }
  run_hashes_.resize(begins_.size());
  hash_slices(padded_.data(), begins_, ends_, run_hashes_);
  for (const u64 hash : run_hashes_) add(mix64(hash ^ kRun));
  for (const u64 hash : hashes_) {
    add(hash, true);
    if (words_++ > 0) add(mix64(last_word_ * kGolden + hash));
    last_word_ = hash;
  }
}

// The runs of " word ", whose first space is there already.
void HashedFeatures::add_runs(std::string_view word) {
  std::array<u32, kLongestWord + 3> at;  // where code points begin, and the end
  std::size_t n = 0;
  const std::size_t begin = padded_.size() - 1;
  padded_.append(word.substr(0, head_of(word)));
  padded_.push_back(' ');
  for (std::size_t i = begin; i < padded_.size(); ++i) {
    if (!is_continuation(padded_[i])) at[n++] = static_cast<u32>(i);
  }
  at[n] = static_cast<u32>(padded_.size());
  for (std::size_t length = 3; length <= 5; ++length) {
    for (std::size_t i = 0; i + length <= n; ++i) {
      begins_.push_back(at[i]);
      ends_.push_back(at[i + length]);
    }
  }
}

void HashedFeatures::add(u64 feature, bool is_word) {
  std::size_t i = feature & mask_;
  while (slots_[i].occurrences != 0 && slots_[i].hash != feature) i = (i + 1) & mask_;
  if (slots_[i].occurrences++ != 0) return;
  slots_[i].hash = feature;
  slots_[i].rarity = is_word && frequencies_ != nullptr
                         ? rarity(frequencies_->count(feature), frequencies_->total())
                         : kOne;
  if (2 * ++features_ > mask_) grow();
}

void HashedFeatures::grow() {
  const std::vector<Slot> before(slots_.begin(), slots_.begin() + static_cast<i64>(mask_) + 1);
  mask_ = 2 * mask_ + 1;
  slots_.resize(std::max(slots_.size(), mask_ + 1));
  std::fill_n(slots_.begin(), mask_ + 1, Slot{});
  for (const Slot& slot : before) {
    if (slot.occurrences == 0) continue;
    std::size_t i = slot.hash & mask_;
    while (slots_[i].occurrences != 0) i = (i + 1) & mask_;
    slots_[i] = slot;
  }
}

void HashedFeatures::project(std::vector<float>& out) {
  std::fill(sums_.begin(), sums_.end(), 0);
  for (std::size_t s = 0; s <= mask_; ++s) {
    const Slot& slot = slots_[s];
    if (slot.occurrences == 0) continue;
    const u64 often = weights_[std::min<u64>(slot.occurrences, kMostOccurrences)];
    const auto weight = static_cast<i64>(often * slot.rarity / kOne);
    u64 bits = mix64(slot.hash ^ kGolden);
    for (unsigned c = 0; c < kCoordinates; ++c, bits >>= 16) {
      const u64 coordinate = (bits >> 1 & 0x7fff) * dimensions_ >> 15;
      sums_[coordinate] += (bits & 1) != 0 ? weight : -weight;
    }
  }
  out.resize(dimensions_);
  for (u32 i = 0; i < dimensions_; ++i) {
    out[i] = static_cast<float>(static_cast<double>(sums_[i]) / kOne);
  }
}

void HashedVectors::load(std::span<const std::string_view> texts) {
  texts_ = texts;
  if (features_) return;
  if (!file_.empty()) frequencies_.emplace(file_);
  features_.emplace(dimensions_, frequencies_ ? &*frequencies_ : nullptr);
}

}  // namespace shardmill
