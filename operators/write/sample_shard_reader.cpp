#include "operators/write/sample_shard_reader.hpp"

#include <algorithm>
#include <cstring>

#include "engine/store/little_endian.hpp"
#include "engine/store/logical_digest.hpp"
#include "operators/write/sample_shard_writer.hpp"
#include "operators/write/token_shard_reader.hpp"
#include "operators/write/token_shard_writer.hpp"

namespace shardmill {
namespace {

TokenFormat format_of(const Hdf5Object& file, const std::string& path) {
  require_token_shard(file, path, "sample");
  const std::string packing = file.text("packing");
  const auto known = std::find(kPackings.begin(), kPackings.end(), packing);
  if (known == kPackings.end()) throw DataError(path + ": no packing is called " + packing);
  return {file.text("tokenizer"), file.number("vocabulary_size"),
          narrow<u32>(file.number("eos_id")),
          SampleFormat{narrow<u32>(file.number("max_sequence_length")),
                       static_cast<Packing>(known - kPackings.begin()),
                       file.number("attention_spans") != 0}};
}

u64 as_number(std::optional<std::string_view> bytes) { return bytes ? load_u64(*bytes) : 0; }

}  // namespace

bool SampleShardReader::reads(const std::filesystem::path& snapshot, const std::string& path) {
  return Hdf5Object::open_file(snapshot / path).text("layout") == "sample";
}

SampleShardReader::SampleShardReader(const std::filesystem::path& snapshot, const std::string& path)
    : file_(Hdf5Object::open_file(snapshot / path)),
      path_(path),
      data_(file_.open("data")),
      pieces_(snapshot / token_documents_path(path)),
      format_(format_of(file_, path)),
      n_documents_(file_.number("n_documents")),
      n_positions_(file_.number("n_positions")),
      split_(file_.text("split")),
      logical_digest_(file_.text("logical_digest")) {
  const auto expect = [&](const char* what, u64 found, u64 expected) {
    if (found == expected) return;
    throw DataError(path_ + ": " + what + " is " + std::to_string(found) + ", expected " +
                    std::to_string(expected));
  };
  const auto shape = data_.cube(Hdf5Element::i32_);
  n_samples_ = shape[0];
  expect("number of rows of a sample", shape[1], format_.samples->rows());
  expect("max_sequence_length", format_.samples->length, shape[2]);
  expect("n_examples", file_.number("n_examples"), n_samples_);
  expect("n_pieces", file_.number("n_pieces"), pieces_.n_documents());
  expect("pad_id", file_.number("pad_id"), format_.end);
}

u64 SampleShardReader::n_tokens() const {
  if (format_.samples->packing != Packing::concat) return n_positions_ + n_documents_;
  return n_positions_ + (n_documents_ > 0 ? 1 : 0);
}

void SampleShardReader::for_each(const std::function<bool(const PieceRow&)>& f) const {
  const std::size_t begin = pieces_.column("begin");
  const std::size_t copy = pieces_.column("copy");
  const std::size_t id = pieces_.column("id");
  const std::size_t key = pieces_.column("key");
  const std::size_t source = pieces_.column("source");
  const std::size_t token = pieces_.column("token");
  const std::size_t tokens = pieces_.column("tokens");
  ShardRows rows;
  for (u64 at = 0; at < pieces_.n_documents();) {
    at = pieces_.read(at, pieces_.n_documents(), rows);
    for (u64 row = 0; row < rows.size(); ++row) {
      const bool more = f({rows.first() + row, as_number(rows.value(begin, row)),
                           as_number(rows.value(copy, row)), rows.value(id, row).value_or(""),
                           rows.value(key, row).value_or(""), rows.value(source, row).value_or(""),
                           as_number(rows.value(token, row)), as_number(rows.value(tokens, row))});
      if (!more) return;
    }
  }
}

u64 SampleShardReader::load(const PieceRow& piece, Sample& sample) const {
  const u64 length = format_.samples->length;
  const u64 offset = piece.begin % length;
  if (piece.tokens > length - offset || (piece.tokens > 0 && piece.begin / length >= n_samples_)) {
    throw DataError(path_ + ": piece " + std::to_string(piece.number) + " has positions " +
                    std::to_string(piece.begin) + " to " +
                    std::to_string(piece.begin + piece.tokens) + ", which are not of one sample");
  }
  sample.cells.resize(format_.samples->rows() * length);
  if (piece.tokens > 0 && piece.begin / length != sample.number) {
    data_.read(Hdf5Element::i32_, piece.begin / length, 1, sample.cells.data());
    sample.number = piece.begin / length;
  }
  return offset;
}

std::vector<u32> SampleShardReader::inputs(const PieceRow& piece) const {
  Sample sample;
  const u64 offset = load(piece, sample);
  const auto first = sample.cells.begin() + static_cast<std::ptrdiff_t>(offset);
  return {first, first + static_cast<std::ptrdiff_t>(piece.tokens)};
}

void SampleShardReader::for_each_tokens(
    const std::function<void(const PieceRow&, u64, std::span<const u32>)>& f) const {
  const bool stream = format_.samples->packing == Packing::concat;
  Sample sample;
  std::vector<u32> ids;
  for_each([&](const PieceRow& piece) {
    const u64 offset = load(piece, sample);
    const i32* inputs = sample.cells.data() + offset;
    const i32* labels = inputs + 2 * u64{format_.samples->length};
    const bool last = piece.number + 1 == pieces_.n_documents();
    u64 first = piece.token;
    ids.clear();
    if (stream) {
      ids.assign(inputs, inputs + piece.tokens);
      if (last && piece.tokens > 0) ids.push_back(static_cast<u32>(labels[piece.tokens - 1]));
    } else {
      if (piece.token > 0) ++first;
      if (piece.token == 0 && piece.tokens > 0) ids.push_back(static_cast<u32>(inputs[0]));
      ids.insert(ids.end(), labels, labels + piece.tokens);
    }
    if (piece.tokens == 0) ids.push_back(format_.end);  // nothing but the end
    f(piece, first, ids);
    return true;
  });
}

// Goes along the samples with the pieces.
class SampleShardReader::Check {
 public:
  explicit Check(const SampleShardReader& shard)
      : shard_(shard),
        samples_(*shard.format_.samples),
        digest_(piece_schema()),
        cells_(samples_.rows() * samples_.length) {}

  void piece(const PieceRow& row) {
    number_ = row.number;
    const u64 all = shard_.n_samples_ * samples_.length;
    if (row.begin < end_ || row.tokens > all || (row.tokens > 0 && row.begin > all - row.tokens)) {
      wrong("has positions " + std::to_string(row.begin) + " to " +
            std::to_string(row.begin + row.tokens) + ", expected some from " +
            std::to_string(end_) + " on, of " + std::to_string(all));
    }
    follows(row);
    said_.clear();
    if (row.tokens > 0) {
      padding_to(row.begin);
      const u64 offset = row.begin % samples_.length;
      if (row.tokens > samples_.length - offset) wrong("crosses the end of a sample");
      cells(row, offset);
      end_ = row.begin + row.tokens;
    }
    positions_ += row.tokens;
    documents_ += row.token == 0 ? 1 : 0;
    const u64 numbers[] = {row.begin, row.copy, row.token, row.tokens};
    std::string_view stored[4];
    for (int i = 0; i < 4; ++i) {
      stored[i] = {reinterpret_cast<const char*>(&numbers[i]), sizeof numbers[i]};
    }
    const std::optional<std::string_view> values[] = {stored[0], said_,      stored[1], row.id,
                                                      row.key,   row.source, stored[2], stored[3]};
    digest_.add(values);
  }

  void finish(bool one_end) {
    padding_to(shard_.n_samples_ * samples_.length);
    expect("number of documents", documents_, shard_.n_documents_);
    expect("number of positions", positions_, shard_.n_positions_);
    if (first_) ++unlabelled_;  // a stream of one end token
    // A document of its end token alone has no label, unless it is one of a stream.
    const u64 expected = documents_ - unlabelled_;
    if (one_end) expect("number of end tokens among the labels", ends_, expected);
    if (const std::string found = digest_.hex(); found != shard_.logical_digest_) {
      throw DataError(shard_.path_ + ": logical digest is " + found + ", the file states " +
                      shard_.logical_digest_);
    }
  }

 private:
  [[noreturn]] void wrong(const std::string& what) const {
    throw DataError(shard_.path_ + ": piece " + std::to_string(number_) + " " + what);
  }
  void expect(const char* what, u64 found, u64 expected) const {
    if (found == expected) return;
    throw DataError(shard_.path_ + ": " + what + " is " + std::to_string(found) + ", expected " +
                    std::to_string(expected));
  }

  // Where a document is cut its next piece goes on with the token that was the last label; with
  // best_fit that piece is anywhere in the window.
  void follows(const PieceRow& row) {
    const bool stream = samples_.packing == Packing::concat;
    if (samples_.packing == Packing::best_fit) {
      if (row.token % samples_.length != 0) wrong("begins within another");
    } else if (row.token != 0 &&
               (row.token != token_end_ || row.key != key_ || row.copy != copy_)) {
      wrong("goes on with token " + std::to_string(row.token) + " of document " +
            std::string(row.key) + ", expected " + std::to_string(token_end_) + " of " + key_);
    }
    if (stream && row.begin != end_) wrong("leaves positions out");
    if (row.token == 0 && row.tokens == 0 && !stream) ++unlabelled_;
    // The first token of a stream is no label.
    if (stream && row.number == 0) first_ = true;
    token_end_ = row.token + row.tokens;
    key_ = row.key;
    copy_ = row.copy;
  }

  const i32* row(std::size_t number) const { return cells_.data() + number * samples_.length; }

  void load(u64 sample) {
    if (sample == loaded_) return;
    shard_.data_.read(Hdf5Element::i32_, sample, 1, cells_.data());
    loaded_ = sample;
  }

  void padding_to(u64 position) {
    const i32 end = static_cast<i32>(shard_.format_.end);
    while (end_ < position) {
      load(end_ / samples_.length);
      for (u64 i = end_ % samples_.length; i < samples_.length && end_ < position; ++i, ++end_) {
        bool good = row(0)[i] == end && row(1)[i] == 0 && row(2)[i] == end;
        for (std::size_t r = 3; r < samples_.rows(); ++r) good = good && row(r)[i] == 0;
        if (!good) {
          throw DataError(shard_.path_ + ": position " + std::to_string(i) + " of sample " +
                          std::to_string(loaded_) + " is in no document, expected padding");
        }
      }
    }
  }

  void cells(const PieceRow& piece, u64 offset) {
    load(piece.begin / samples_.length);
    const u64 n = piece.tokens;
    const i32* inputs = row(0) + offset;
    const i32* labels = row(2) + offset;
    const auto in_vocabulary = [&](i32 id) {
      if (id >= 0 && static_cast<u64>(id) < shard_.format_.vocabulary_size) return;
      wrong("has the id " + std::to_string(id) + ", expected less than " +
            std::to_string(shard_.format_.vocabulary_size));
    };
    const i32 end = static_cast<i32>(shard_.format_.end);
    if (std::exchange(first_, false) && inputs[0] == end) ++unlabelled_;
    for (u64 i = 0; i < n; ++i) {
      in_vocabulary(inputs[i]);
      in_vocabulary(labels[i]);
      if (i + 1 < n && labels[i] != inputs[i + 1]) wrong("has a label that is not the next input");
      if (row(1)[offset + i] != 1) wrong("is masked");
      ends_ += labels[i] == end ? 1 : 0;
    }
    if (samples_.spans) {
      for (u64 i = 0; i < n; ++i) {
        if (static_cast<u64>(row(3)[offset + i]) != n - 1 - i ||
            static_cast<u64>(row(4)[offset + i]) != i) {
          wrong("has another attention_span or position_ids");
        }
      }
    }
    for (std::size_t r = 0; r < samples_.rows(); ++r) {
      said_.append(reinterpret_cast<const char*>(row(r) + offset), n * sizeof(i32));
    }
  }

  const SampleShardReader& shard_;
  const SampleFormat& samples_;
  LogicalDigest digest_;
  std::vector<i32> cells_;  // of the sample at hand, row by row
  u64 loaded_ = UINT64_MAX;
  u64 number_ = 0;
  u64 end_ = 0;  // positions before it are checked
  u64 token_end_ = 0;
  std::string key_;
  u64 copy_ = 0;
  bool first_ = false;
  u64 documents_ = 0;
  u64 positions_ = 0;
  u64 ends_ = 0;        // among the labels
  u64 unlabelled_ = 0;  // end tokens that are not
  std::string said_;
};

void SampleShardReader::verify(bool one_end) const {
  pieces_.verify();
  Check check(*this);
  for_each([&](const PieceRow& row) {
    check.piece(row);
    return true;
  });
  check.finish(one_end);
}

}  // namespace shardmill
