#include "operators/embed/word_vectors.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "engine/hash/hash.hpp"
#include "operators/embed/common_components.hpp"
#include "operators/embed/word_lines.hpp"
#include "operators/read/record_parser.hpp"
#include "operators/read/safetensors.hpp"
#include "operators/text/word_pieces.hpp"

namespace shardmill {
namespace {

constexpr std::size_t kMostNumbers = std::size_t{1} << 20;  // in a line, so that it has an end

std::ifstream open_lines(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw DataError(path + ": cannot be read");
  return file;
}

bool is_safetensors(const std::string& path) { return path.ends_with(".safetensors"); }

// The counts of a first line that is not of a word.
bool is_header(const std::vector<std::string_view>& parts, u64& words, u64& dimensions) {
  return parts.size() == 2 && parse_number(parts[0], words) && parse_number(parts[1], dimensions);
}

}  // namespace

std::vector<std::string> StaticVectors::files() const {
  std::vector<std::string> files = {files_.vectors};
  if (!files_.words.empty()) files.push_back(files_.words);
  if (!weighting_.frequencies.empty()) files.push_back(weighting_.frequencies);
  return files;
}

WordVectors::Shape WordVectors::shape_of(const WordVectorFiles& files) {
  u64 rows = 0;
  u64 dimensions = 0;
  if (is_safetensors(files.vectors)) {
    const SafetensorsMatrix matrix(files.vectors);
    rows = matrix.rows();
    dimensions = matrix.columns();
  } else {
    WordLines lines(files.vectors);
    while (lines.next()) {
      if (++rows > 2) continue;
      dimensions = std::max<u64>(dimensions, lines.parts().size());
    }
    // A number takes two bytes in the file.
    dimensions = std::min(dimensions, std::filesystem::file_size(files.vectors) / (rows + 1) + 1);
  }
  return {rows, dimensions};
}

u64 WordVectors::memory(const Shape& shape) {
  const auto [rows, dimensions] = shape;
  // Numbers, hash and weight of each, and an index that is at most half full.
  return rows * (dimensions * sizeof(float) + sizeof(u64) + sizeof(double)) +
         std::bit_ceil(2 * rows + 2) * sizeof(Slot);
}

WordVectors::WordVectors(const WordVectorFiles& files, const WordWeighting& weighting) {
  const Shape shape = shape_of(files);
  numbers_.reserve(shape.rows * shape.dimensions);
  hashes_.reserve(shape.rows);
  if (is_safetensors(files.vectors)) {
    read_safetensors(files);
  } else {
    read_text(files.vectors);
  }
  if (hashes_.empty()) throw DataError(files.vectors + ": has no words");
  make_index();
  std::vector<double> shares = probabilities(weighting.frequencies);
  hashes_ = {};
  for (double& share : shares) {
    weights_.push_back(weighting.smoothing / (weighting.smoothing + share));
    share *= weights_.back();
  }
  if (weighting.components > 0) remove_common(files.vectors, shares, weighting.components);
  sums_.resize(dimensions_);
}

// Of each row's word.
std::vector<double> WordVectors::probabilities(const std::string& frequencies) const {
  std::vector<double> probabilities;
  probabilities.reserve(hashes_.size());
  if (!frequencies.empty()) {
    const WordFrequencies words(frequencies);
    for (const u64 hash : hashes_) {
      probabilities.push_back(static_cast<double>(words.count(hash)) /
                              static_cast<double>(words.total()));
    }
    return probabilities;
  }
  double zipf = 0;
  for (std::size_t r = 1; r <= hashes_.size(); ++r) zipf += 1 / static_cast<double>(r);
  for (std::size_t r = 1; r <= hashes_.size(); ++r) {
    probabilities.push_back(1 / (static_cast<double>(r) * zipf));
  }
  return probabilities;
}

void WordVectors::remove_common(const std::string& path, std::span<const double> shares,
                                u32 components) {
  if (components >= dimensions_) {
    throw DataError(path + ": of vectors of " + std::to_string(dimensions_) +
                    " numbers, components: " + std::to_string(components) + " leaves nothing");
  }
  remove_common_components(numbers_, dimensions_, shares, components);
  for (const float number : numbers_) {
    if (std::isfinite(number)) continue;
    throw DataError(path +
                    ": without its common components, it has a number that float32 does "
                    "not hold");
  }
}

void WordVectors::read_text(const std::string& path) {
  WordLines lines(path);
  const std::vector<std::string_view>& parts = lines.parts();
  std::vector<float> vector;
  u64 words = 0;
  u64 dimensions = 0;
  bool counted = false;
  while (lines.next()) {
    if (lines.number() == 1 && is_header(parts, words, dimensions)) {
      counted = true;
      dimensions_ = dimensions;
      continue;
    }
    if (dimensions_ == 0) dimensions_ = parts.size() < 2 ? 0 : parts.size() - 1;
    if (dimensions_ == 0 || dimensions_ > kMostNumbers || parts.size() < dimensions_ + 1) {
      throw DataError(lines.place() + ": expected a word and " +
                      (dimensions_ == 0 ? "numbers" : std::to_string(dimensions_) + " numbers") +
                      "; found " + std::to_string(parts.size()) + " parts");
    }
    vector.clear();
    const std::size_t first = parts.size() - dimensions_;
    for (std::size_t i = first; i < parts.size(); ++i) {
      double value = 0;
      if (!parse_number(parts[i], value)) {
        throw DataError(lines.place() + ": expected a number; found " +
                        std::string(parts[i].substr(0, 40)));
      }
      vector.push_back(static_cast<float>(value));
    }
    add(lines.first(first), vector, lines.place());
  }
  if (counted && hashes_.size() != words) {
    throw DataError(path + ": its first line states " + std::to_string(words) + " words, it has " +
                    std::to_string(hashes_.size()));
  }
}

void WordVectors::read_safetensors(const WordVectorFiles& files) {
  SafetensorsMatrix matrix(files.vectors);
  dimensions_ = matrix.columns();
  std::ifstream file = open_lines(files.words);
  std::string word;
  std::vector<float> vector(dimensions_);
  u64 rows = 0;
  while (std::getline(file, word)) {
    if (!word.empty() && word.back() == '\r') word.pop_back();
    if (rows < matrix.rows()) {
      matrix.read(rows, vector);
      add(word, vector, files.vectors + ": row " + std::to_string(rows));
    }
    ++rows;
  }
  if (rows != matrix.rows()) {
    throw DataError(files.words + ": has " + std::to_string(rows) + " words, " + files.vectors +
                    " has " + std::to_string(matrix.rows()) + " vectors");
  }
}

void WordVectors::add(std::string_view word, std::span<const float> vector,
                      const std::string& place) {
  for (const float number : vector) {
    if (!std::isfinite(number)) throw DataError(place + ": a number that float32 does not hold");
  }
  numbers_.insert(numbers_.end(), vector.begin(), vector.end());
  // No text has a word that is not UTF-8, but its place counts.
  hashes_.push_back(hash64(is_utf8(word) ? fold_.fold(word) : word));
}

void WordVectors::make_index() {
  slots_.resize(std::bit_ceil(2 * hashes_.size() + 2));
  const u64 mask = slots_.size() - 1;
  for (u64 row = 0; row < hashes_.size(); ++row) {
    u64 i = hashes_[row] & mask;
    while (slots_[i].row != 0 && slots_[i].hash != hashes_[row]) i = (i + 1) & mask;
    if (slots_[i].row == 0) slots_[i] = {hashes_[row], row + 1};
  }
}

// From 1; 0: unknown.
u64 WordVectors::row_of(u64 hash) const {
  const u64 mask = slots_.size() - 1;
  u64 i = hash & mask;
  while (slots_[i].row != 0 && slots_[i].hash != hash) i = (i + 1) & mask;
  return slots_[i].row;
}

bool WordVectors::embed(std::string_view text, std::vector<float>& out) {
  std::fill(sums_.begin(), sums_.end(), 0.0);
  u64 known = 0;
  while (!text.empty()) {
    const std::size_t piece = word_piece(text);
    found_.resize(scanner_.scan(text.substr(0, piece)));
    text.remove_prefix(piece);
    scanner_.hash(found_);
    for (const u64 hash : found_) {
      const u64 row = row_of(hash);
      if (row == 0) continue;
      ++known;
      const double weight = weights_[row - 1];
      const float* vector = numbers_.data() + (row - 1) * dimensions_;
      for (std::size_t i = 0; i < dimensions_; ++i) {
        sums_[i] += weight * static_cast<double>(vector[i]);
      }
    }
  }
  scanner_.release_if_large();
  if (known == 0) return false;
  out.resize(dimensions_);
  for (std::size_t i = 0; i < dimensions_; ++i) {
    out[i] = static_cast<float>(sums_[i] / static_cast<double>(known));
  }
  return true;
}

}  // namespace shardmill
