// Vectors of words, and of a text as their mean.
//
// Arora, Liang and Ma, "A simple but tough-to-beat baseline for sentence embeddings", 2017: each
// word counts with a / (a + p), p its probability. p is taken from a list of frequencies, or from
// the word's place in the file by Zipf's law, as model2vec does: the word of line r of V has 1 / (r
// H), H = 1 + 1/2 + … + 1/V.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "operators/embed/text_vectors.hpp"
#include "operators/embed/word_frequencies.hpp"
#include "operators/text/word_scanner.hpp"

namespace shardmill {

struct WordVectorFiles {
  // Text (word2vec, GloVe): a line has a word and its numbers, with spaces between them; the first
  // line may have only two integers, the counts of words and numbers. Or .safetensors.
  std::string vectors;
  std::string words;  // of .safetensors: a word a line; else empty
};

struct WordWeighting {
  double smoothing = 0;  // a, above 0
  // Directions that all words share and that are taken out of the table, with its mean
  // (common_components.hpp); 0: none. A word has its share of a text in them, times its weight:
  // p a / (a + p).
  u32 components = 0;
  std::string frequencies;  // where p is taken from (word_frequencies.hpp); empty: Zipf's law
};

class WordVectors {
 public:
  struct Shape {  // as many as the files can have
    u64 rows = 0;
    u64 dimensions = 0;
  };
  // Reads the files' sizes and lines only. Throws DataError.
  [[nodiscard]] static Shape shape_of(const WordVectorFiles& files);
  // Bytes that vectors of this shape will take.
  [[nodiscard]] static u64 memory(const Shape& shape);
  // Throws DataError (file, line) for a line of another form or length, numbers that are not
  // finite, counts that differ, and no fewer components than numbers. Words are folded as the hash
  // text; of equal ones the first stays.
  WordVectors(const WordVectorFiles& files, const WordWeighting& weighting);

  // The mean over the words of a text that are known, in their order, summed in double; false when
  // none is.
  bool embed(std::string_view text, std::vector<float>& out);

 private:
  struct Slot {
    u64 hash = 0;  // of the folded word
    u64 row = 0;   // from 1; 0: free
  };
  void read_text(const std::string& path);
  void read_safetensors(const WordVectorFiles& files);
  void add(std::string_view word, std::span<const float> vector, const std::string& place);
  void make_index();
  [[nodiscard]] std::vector<double> probabilities(const std::string& frequencies) const;
  void remove_common(const std::string& path, std::span<const double> shares, u32 components);
  [[nodiscard]] u64 row_of(u64 hash) const;

  std::size_t dimensions_ = 0;
  std::vector<float> numbers_;  // row by row
  std::vector<u64> hashes_;     // by row, until the index is made
  std::vector<Slot> slots_;
  std::vector<double> weights_;  // by row
  HashText fold_;
  WordScanner scanner_;
  std::vector<u64> found_;  // hashes of the words at hand
  std::vector<double> sums_;
};

// `from: static`. The files are read when the first document comes.
class StaticVectors final : public TextSource {
 public:
  StaticVectors(WordVectorFiles files, WordWeighting weighting)
      : files_(std::move(files)), weighting_(std::move(weighting)) {}
  void load(std::span<const std::string_view> texts) override {
    texts_ = texts;
    if (!words_) words_ = std::make_unique<WordVectors>(files_, weighting_);
  }
  std::vector<float>* of(std::size_t i) override {
    return words_->embed(texts_[i], vector_) ? &vector_ : nullptr;
  }
  [[nodiscard]] u64 memory_held() const override {
    const std::string& frequencies = weighting_.frequencies;
    return WordVectors::memory(WordVectors::shape_of(files_)) +
           (frequencies.empty() ? 0 : WordFrequencies::memory(frequencies));
  }
  [[nodiscard]] u64 bytes_per_document() override {
    if (!shape_) shape_ = WordVectors::shape_of(files_);
    return shape_->dimensions * sizeof(float);
  }
  [[nodiscard]] std::vector<std::string> files() const override;

 private:
  WordVectorFiles files_;
  WordWeighting weighting_;
  std::optional<WordVectors::Shape> shape_;
  std::unique_ptr<WordVectors> words_;
  std::span<const std::string_view> texts_;
  std::vector<float> vector_;
};

}  // namespace shardmill
