// A vector of a text without any model: its words and their parts, hashed and projected.
//
// Features are words, pairs of neighbours, and runs of 3 to 5 code points of a word with a space
// before and behind it (as in Bojanowski et al., "Enriching word vectors with subword information",
// 2017, section 3.2). One that occurs n times has the weight 1 + ln n; with a list of frequencies,
// a word has that times its rarity, ln(all words / how often it occurs in the list). The projection
// is a sparse random one with signs (Achlioptas, "Database-friendly random projections", 2003; Li,
// Hastie and Church, "Very sparse random projections", 2006): the hash of a feature chooses four
// coordinates and a sign for each. So the cosine of two vectors estimates that of the two bags of
// features, with an error of about 1 / sqrt(dimensions).
//
// Weights are integers, so sums are exact and the same in any order. Nothing depends on a seed or a
// job: vectors of two datasets compare.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "operators/embed/text_vectors.hpp"
#include "operators/embed/word_frequencies.hpp"
#include "operators/text/word_scanner.hpp"

namespace shardmill {

class HashedFeatures {
 public:
  static constexpr std::size_t kMostWords = 4096;  // of a text, the first ones; bounds its features
  static constexpr std::size_t kLongestWord = 16;  // code points whose runs count
  static constexpr u32 kMostDimensions = u32{1} << 15;
  // A word, a pair, and runs of 3, 4 and 5 of 18 code points, in a table at most half full, beside
  // the one it grows out of; and what is at hand of words.
  static constexpr u64 kMemory = u64{16} << 20;

  // `dimensions`: 1 to kMostDimensions. `frequencies`, if given, outlives it.
  explicit HashedFeatures(u32 dimensions, const WordFrequencies* frequencies = nullptr);
  // The vector of a text, not of unit length, into `out`; false when the text has no words.
  bool embed(std::string_view text, std::vector<float>& out);

  // 2^16 (1 + ln n), rounded; of more than 1,024 occurrences as of these. No value lies so near the
  // middle of two integers that libraries could differ.
  [[nodiscard]] static u64 weight(u64 occurrences);
  // 2^16 ln(total / count), rounded, of 1 <= count <= total < 2^53. Where a product of weight() and
  // this is projected, 2^16 is 1.
  [[nodiscard]] static u32 rarity(u64 count, u64 total);

 private:
  struct Slot {
    u64 hash = 0;
    u32 occurrences = 0;  // 0: free
    u32 rarity = 0;
  };
  void begin(std::size_t bytes);
  void add_words(std::size_t first, std::size_t n);
  void add_runs(std::string_view word);
  void add(u64 feature, bool is_word = false);
  void grow();
  void project(std::vector<float>& out);

  u32 dimensions_;
  WordScanner scanner_;
  const WordFrequencies* frequencies_;
  std::vector<u64> weights_;  // by occurrences
  std::vector<Slot> slots_;   // the first mask_ + 1 are in use
  std::size_t mask_ = 0;
  std::size_t features_ = 0;
  std::size_t words_ = 0;
  u64 last_word_ = 0;
  // Of the words at hand: hashes, the words with a space around each, and the runs in it.
  std::vector<u64> hashes_;
  std::string padded_;
  std::vector<u32> begins_;
  std::vector<u32> ends_;
  std::vector<u64> run_hashes_;
  std::vector<i64> sums_;
};

// `from: hashed`. A list of frequencies (a file; empty: none) is read when the first document
// comes.
class HashedVectors final : public TextSource {
 public:
  HashedVectors(u32 dimensions, std::string frequencies)
      : dimensions_(dimensions), file_(std::move(frequencies)) {}
  void load(std::span<const std::string_view> texts) override;
  std::vector<float>* of(std::size_t i) override {
    return features_->embed(texts_[i], vector_) ? &vector_ : nullptr;
  }
  [[nodiscard]] u64 memory_held() const override {
    return HashedFeatures::kMemory + (file_.empty() ? 0 : WordFrequencies::memory(file_));
  }
  [[nodiscard]] u64 bytes_per_document() override { return dimensions_ * sizeof(float); }
  [[nodiscard]] std::vector<std::string> files() const override {
    return file_.empty() ? std::vector<std::string>{} : std::vector<std::string>{file_};
  }

 private:
  u32 dimensions_;
  std::string file_;
  std::optional<WordFrequencies> frequencies_;
  std::optional<HashedFeatures> features_;
  std::span<const std::string_view> texts_;
  std::vector<float> vector_;
};

}  // namespace shardmill
