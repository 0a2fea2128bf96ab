#include "operators/write/token_shard_writer.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "engine/store/file.hpp"
#include "engine/store/little_endian.hpp"
#include "engine/store/sha256.hpp"

namespace shardmill {
namespace {

namespace fs = std::filesystem;

constexpr u64 kAlignment = 4096;
constexpr std::size_t kBuffer = std::size_t{1} << 20;

const Schema& document_schema() {
  static const Schema schema = {{"begin", Type::int64},
                                {"id", Type::utf8},
                                {"key", Type::utf8},
                                {"source", Type::utf8},
                                {"tokens", Type::int64}};
  return schema;
}

ShardTotals document_totals(const ShardTotals& totals) {
  const auto of = [&](TokenColumn column) {
    return totals.text_bytes[static_cast<std::size_t>(column)];
  };
  return {totals.documents,
          {0, of(TokenColumn::id), of(TokenColumn::key), of(TokenColumn::source), 0}};
}

fs::path made_folder(fs::path path) {
  fs::create_directories(path.parent_path());
  return path;
}

ShardFile described(const fs::path& snapshot, const std::string& path) {
  return {path, fs::file_size(snapshot / path), sha256_of_file(snapshot / path)};
}

}  // namespace

const Schema& token_schema() {
  static const Schema schema = {
      {"id", Type::utf8}, {"key", Type::utf8}, {"source", Type::utf8}, {"tokens", Type::utf8}};
  return schema;
}

TokenShardWriter::TokenShardWriter(fs::path snapshot, std::string path, const ShardTotals& totals,
                                   const std::string& split, TokenFormat tokens)
    : snapshot_(std::move(snapshot)),
      path_(std::move(path)),
      format_(std::move(tokens)),
      part_(made_folder(snapshot_ / (path_ + ".part"))),
      file_(Hdf5Object::create_file(part_, kAlignment)),
      documents_(made_folder(snapshot_ / token_documents_path(path_)), document_schema(),
                 document_totals(totals), split, kTokenDocumentsFormat),
      digest_(token_schema()) {
  const u64 bytes = totals.text_bytes[static_cast<std::size_t>(TokenColumn::tokens)];
  const u64 n = bytes / format_.width() + totals.documents;
  reserve_space(part_, n * format_.width() + 16 * kAlignment);
  file_.create_number("eos_id", format_.end);
  file_.create_text("format", std::string(kTokensFormat));
  file_.create_number("format_version", kShardFormatVersion);
  file_.create_text("layout", "corpus");
  file_.create_text("logical_digest", std::string(64, '0'));  // known at the end
  file_.create_number("n_documents", totals.documents);
  file_.create_number("n_tokens", n);
  file_.create_text("split", split);
  file_.create_text("tokenizer", format_.tokenizer);
  file_.create_number("vocabulary_size", format_.vocabulary_size);
  const Hdf5Element element = format_.width() == 2 ? Hdf5Element::u16_ : Hdf5Element::i32_;
  data_.emplace(file_.create_dataset("data", element, n), element, n, kBuffer);
  lengths_.reserve(totals.documents);
}

TokenShardWriter::~TokenShardWriter() {
  if (!closed_) ::unlink(part_.c_str());
}

void TokenShardWriter::add(std::span<const std::optional<std::string_view>> row) {
  const auto value = [&](TokenColumn column) {
    return row[static_cast<std::size_t>(column)].value_or(std::string_view());
  };
  const std::string_view ids = value(TokenColumn::tokens);
  data_->append(ids);
  char end[4];
  std::memcpy(end, &format_.end, sizeof end);  // little-endian: the low bytes come first
  data_->append({end, format_.width()});
  with_end_.assign(ids).append(end, format_.width());
  const u64 tokens = ids.size() / format_.width() + 1;
  const std::string begin = std::to_string(tokens_);
  const std::string length = std::to_string(tokens);
  const std::optional<std::string_view> document[] = {
      begin, value(TokenColumn::id), value(TokenColumn::key), value(TokenColumn::source), length};
  documents_.add(document);
  const std::optional<std::string_view> said[] = {value(TokenColumn::id), value(TokenColumn::key),
                                                  value(TokenColumn::source), with_end_};
  digest_.add(said);
  lengths_.push_back(narrow<u32>(tokens));
  tokens_ += tokens;
}

ShardFile TokenShardWriter::write_index(u64 data_begin) const {
  const std::string path = with_ending(path_, ".idx");
  write_file_atomically(snapshot_ / path, megatron_index(lengths_, format_, data_begin));
  return described(snapshot_, path);
}

ShardInfo TokenShardWriter::close() {
  const u64 begin = data_->offset();
  data_->finish();
  data_.reset();
  const std::string digest = digest_.hex();
  file_.set_text("logical_digest", digest);
  file_.close();
  const ShardInfo documents = documents_.close();

  const fs::path path = snapshot_ / path_;
  ShardInfo info;
  info.documents = documents.documents;
  File file = File::open_read(part_);
  info.bytes = file.size();
  file.start_writeback();  // the disk works while we hash from the page cache
  info.sha256 = sha256_of_file(part_);
  file.sync();
  file.close();
  if (::rename(part_.c_str(), path.c_str()) != 0) {
    const int error = errno;
    throw ResourceError(path.string() + ": cannot rename to it: " + std::strerror(error));
  }
  closed_ = true;
  const std::string bin = with_ending(path_, ".bin");
  link_beside(path, snapshot_ / bin);
  info.logical_digest = digest;
  info.files = {{bin, info.bytes, info.sha256},
                write_index(begin),
                {token_documents_path(path_), documents.bytes, documents.sha256}};
  fsync_directory(path.parent_path());
  return info;
}

std::string token_documents_path(const std::string& path) {
  return "token_documents" + path.substr(path.find('/'));
}

std::string with_ending(const std::string& path, const char* ending) {
  return path.substr(0, path.rfind('.')) + ending;
}

// https://github.com/NVIDIA/Megatron-LM, megatron/core/datasets/indexed_dataset.py: magic, version,
// code of the type, how many sequences and document boundaries, tokens of each sequence, where in
// the file each begins, and the boundaries. One sequence is one document.
std::string megatron_index(const std::vector<u32>& lengths, const TokenFormat& format,
                           u64 data_begin) {
  constexpr char kUint16 = 8;
  constexpr char kInt32 = 4;
  std::string bytes("MMIDIDX\0\0", 9);
  bytes.reserve(42 + 20 * lengths.size());
  append_u64(bytes, 1);
  bytes += format.width() == 2 ? kUint16 : kInt32;
  append_u64(bytes, lengths.size());
  append_u64(bytes, lengths.size() + 1);
  for (const u32 length : lengths) append_u32(bytes, length);
  u64 at = data_begin;
  for (const u32 length : lengths) {
    append_u64(bytes, at);
    at += length * format.width();
  }
  for (u64 document = 0; document <= lengths.size(); ++document) append_u64(bytes, document);
  return bytes;
}

void link_beside(const fs::path& file, const fs::path& name) {
  std::error_code failed;
  fs::remove(name, failed);
  fs::create_hard_link(file, name, failed);
  if (failed) fs::create_symlink(file.filename(), name, failed);
  if (failed) hard_link_or_copy(file, name);
}

}  // namespace shardmill
