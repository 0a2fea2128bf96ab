#include "operators/write/sample_shard_writer.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "engine/store/file.hpp"
#include "engine/store/little_endian.hpp"
#include "operators/write/token_shard_writer.hpp"
#include "operators/write/value_bytes.hpp"

namespace shardmill {
namespace {

namespace fs = std::filesystem;

constexpr u64 kAlignment = 4096;
constexpr std::size_t kBuffer = std::size_t{1} << 20;

const Schema& side_schema() {
  static const Schema schema = {
      {"begin", Type::int64}, {"copy", Type::int64},  {"id", Type::utf8},     {"key", Type::utf8},
      {"source", Type::utf8}, {"token", Type::int64}, {"tokens", Type::int64}};
  return schema;
}

std::string_view value(std::span<const std::optional<std::string_view>> row, TokenColumn column) {
  return row[static_cast<std::size_t>(column)].value_or(std::string_view());
}

}  // namespace

const Schema& piece_schema() {
  static const Schema schema = {{"begin", Type::int64}, {"cells", Type::utf8},
                                {"copy", Type::int64},  {"id", Type::utf8},
                                {"key", Type::utf8},    {"source", Type::utf8},
                                {"token", Type::int64}, {"tokens", Type::int64}};
  return schema;
}

SampleCounter::SampleCounter(const TokenFormat& format)
    : width_(format.width()),
      packer_(format.samples.value(), [this](const SamplePiece& piece) { count(piece); }) {
  totals_.pieces.text_bytes.assign(side_schema().size(), 0);
}

void SampleCounter::add(std::span<const std::optional<std::string_view>> row) {
  ++totals_.documents;
  held_.push_back({value(row, TokenColumn::id).size(), value(row, TokenColumn::key).size(),
                   value(row, TokenColumn::source).size()});
  packer_.add(value(row, TokenColumn::tokens).size() / width_ + 1);
  for (; first_held_ < packer_.placed(); ++first_held_) held_.pop_front();
}

void SampleCounter::count(const SamplePiece& piece) {
  const TextBytes& bytes = held_[piece.document - first_held_];
  ++totals_.pieces.documents;
  totals_.positions += piece.positions;
  totals_.pieces.text_bytes[2] += bytes.id;
  totals_.pieces.text_bytes[3] += bytes.key;
  totals_.pieces.text_bytes[4] += bytes.source;
}

SampleTotals SampleCounter::finish() {
  packer_.finish();
  totals_.samples = packer_.samples();
  return totals_;
}

SampleShardWriter::SampleShardWriter(fs::path snapshot, std::string path,
                                     const SampleTotals& totals, const std::string& split,
                                     TokenFormat format)
    : snapshot_(std::move(snapshot)),
      path_(std::move(path)),
      format_(std::move(format)),
      totals_(totals),
      part_(snapshot_ / path_),
      file_(Hdf5Object::create_file(part_.path(), kAlignment)),
      pieces_(snapshot_ / token_documents_path(path_), side_schema(), totals.pieces, split,
              kTokenDocumentsFormat),
      digest_(piece_schema()),
      packer_(format_.samples.value(), [this](const SamplePiece& piece) { place(piece); }) {
  const SampleFormat& samples = *format_.samples;
  const u64 cells = samples.rows() * samples.length;
  reserve_space(part_.path(), totals.samples * cells * sizeof(i32) + 16 * kAlignment);
  file_.create_number("attention_spans", samples.spans ? 1 : 0);
  file_.create_number("eos_id", format_.end);
  file_.create_text("format", std::string(kTokensFormat));
  file_.create_number("format_version", kShardFormatVersion);
  file_.create_text("layout", "sample");
  file_.create_text("logical_digest", std::string(64, '0'));  // known at the end
  file_.create_number("max_sequence_length", samples.length);
  file_.create_number("n_documents", totals.documents);
  file_.create_number("n_examples", totals.samples);
  file_.create_number("n_pieces", totals.pieces.documents);
  file_.create_number("n_positions", totals.positions);
  file_.create_text("packing", std::string(kPackings[static_cast<std::size_t>(samples.packing)]));
  file_.create_number("pad_id", format_.end);
  file_.create_text("split", split);
  file_.create_text("tokenizer", format_.tokenizer);
  file_.create_number("vocabulary_size", format_.vocabulary_size);
  data_.emplace(
      file_.create_cube("data", Hdf5Element::i32_, totals.samples, samples.rows(), samples.length),
      Hdf5Element::i32_, totals.samples, kBuffer, cells);
  sample_.resize(cells);
  clear_sample();
}

void SampleShardWriter::add(std::span<const std::optional<std::string_view>> row) {
  const std::string_view ids = value(row, TokenColumn::tokens);
  const std::size_t width = format_.width();
  Document document{{},
                    std::string(value(row, TokenColumn::copy)),
                    std::string(value(row, TokenColumn::id)),
                    std::string(value(row, TokenColumn::key)),
                    std::string(value(row, TokenColumn::source))};
  document.tokens.assign(ids.size() / width + 1, 0);
  for (std::size_t i = 0; i + 1 < document.tokens.size(); ++i) {
    std::memcpy(&document.tokens[i], ids.data() + i * width, width);
  }
  document.tokens.back() = static_cast<i32>(format_.end);
  const u64 tokens = document.tokens.size();
  held_.push_back(std::move(document));
  packer_.add(tokens);
  for (; first_held_ < packer_.placed(); ++first_held_) held_.pop_front();
}

void SampleShardWriter::place(const SamplePiece& piece) {
  const SampleFormat& samples = *format_.samples;
  const Document& document = held_[piece.document - first_held_];
  const u32 n = piece.positions;
  if (n > 0) {
    for (; at_ < piece.sample; ++at_) write_sample();
    const auto row = [&](std::size_t number) {
      return sample_.begin() + static_cast<std::ptrdiff_t>(number * samples.length + piece.offset);
    };
    const auto inputs = document.tokens.begin() + static_cast<std::ptrdiff_t>(piece.token);
    std::copy(inputs, inputs + n, row(0));
    std::fill_n(row(1), n, 1);
    const bool beyond = piece.token + n == document.tokens.size();  // the stream goes on
    std::copy(inputs + 1, inputs + n + (beyond ? 0 : 1), row(2));
    if (beyond) row(2)[n - 1] = held_[piece.document - first_held_ + 1].tokens[0];
    if (samples.spans) {
      for (u32 i = 0; i < n; ++i) row(3)[i] = static_cast<i32>(n - 1 - i);
      std::iota(row(4), row(4) + n, 0);
    }
  }
  cells_.clear();
  for (std::size_t r = 0; r < samples.rows(); ++r) {
    cells_.append(reinterpret_cast<const char*>(sample_.data() + r * samples.length + piece.offset),
                  n * sizeof(i32));
  }
  const u64 numbers[] = {piece.sample * samples.length + piece.offset, piece.token, n};
  std::string texts[3];
  char bytes[3][8];
  std::string_view stored[3];
  for (std::size_t i = 0; i < 3; ++i) {
    texts[i] = std::to_string(numbers[i]);
    std::memcpy(bytes[i], &numbers[i], sizeof numbers[i]);
    stored[i] = {bytes[i], sizeof bytes[i]};
  }
  const std::optional<std::string_view> side[] = {
      texts[0], document.copy, document.id, document.key, document.source, texts[1], texts[2]};
  pieces_.add(side);
  NumberBytes number;
  const std::string_view copy = value_bytes(Type::int64, document.copy, number);
  const std::optional<std::string_view> said[] = {
      stored[0], cells_, copy, document.id, document.key, document.source, stored[1], stored[2]};
  digest_.add(said);
}

void SampleShardWriter::clear_sample() {
  const SampleFormat& samples = *format_.samples;
  std::fill(sample_.begin(), sample_.end(), 0);
  std::fill_n(sample_.begin(), samples.length, static_cast<i32>(format_.end));
  std::fill_n(sample_.begin() + 2 * std::ptrdiff_t{samples.length}, samples.length,
              static_cast<i32>(format_.end));
}

void SampleShardWriter::write_sample() {
  data_->append({reinterpret_cast<const char*>(sample_.data()), sample_.size() * sizeof(i32)});
  clear_sample();
}

ShardInfo SampleShardWriter::close() {
  packer_.finish();
  for (; at_ < packer_.samples(); ++at_) write_sample();
  data_->finish();
  data_.reset();
  const std::string digest = digest_.hex();
  file_.set_text("logical_digest", digest);
  file_.close();
  const ShardInfo pieces = pieces_.close();
  const ShardPart::Whole whole = part_.commit();
  return {.bytes = whole.bytes,
          .documents = totals_.documents,
          .sha256 = whole.sha256,
          .logical_digest = digest,
          .files = {{token_documents_path(path_), pieces.bytes, pieces.sha256}}};
}

}  // namespace shardmill
