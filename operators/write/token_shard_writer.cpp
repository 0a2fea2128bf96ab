#include "operators/write/token_shard_writer.hpp"

#include <cstring>

#include "engine/store/file.hpp"
#include "operators/write/value_bytes.hpp"

namespace shardmill {
namespace {

namespace fs = std::filesystem;

constexpr u64 kAlignment = 4096;
constexpr std::size_t kBuffer = std::size_t{1} << 20;

const Schema& document_schema() {
  static const Schema schema = {{"begin", Type::int64}, {"copy", Type::int64},
                                {"id", Type::utf8},     {"key", Type::utf8},
                                {"source", Type::utf8}, {"tokens", Type::int64}};
  return schema;
}

ShardTotals document_totals(const ShardTotals& totals) {
  const auto of = [&](TokenColumn column) {
    return totals.text_bytes[static_cast<std::size_t>(column)];
  };
  return {totals.documents,
          {0, 0, of(TokenColumn::id), of(TokenColumn::key), of(TokenColumn::source), 0}};
}

}  // namespace

const Schema& token_schema() {
  static const Schema schema = {{"copy", Type::int64},
                                {"id", Type::utf8},
                                {"key", Type::utf8},
                                {"source", Type::utf8},
                                {"tokens", Type::utf8}};
  return schema;
}

TokenShardWriter::TokenShardWriter(fs::path snapshot, std::string path, const ShardTotals& totals,
                                   const std::string& split, TokenFormat tokens)
    : snapshot_(std::move(snapshot)),
      path_(std::move(path)),
      format_(std::move(tokens)),
      part_(snapshot_ / path_),
      file_(Hdf5Object::create_file(part_.path(), kAlignment)),
      documents_(snapshot_ / token_documents_path(path_), document_schema(),
                 document_totals(totals), split, kTokenDocumentsFormat),
      digest_(token_schema()) {
  const u64 bytes = totals.text_bytes[static_cast<std::size_t>(TokenColumn::tokens)];
  const u64 n = bytes / format_.width() + totals.documents;
  reserve_space(part_.path(), n * format_.width() + 16 * kAlignment);
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
  index_.emplace(snapshot_ / with_ending(path_, ".idx"), totals.documents, format_,
                 data_->offset());
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
  const std::optional<std::string_view> document[] = {begin,
                                                      value(TokenColumn::copy),
                                                      value(TokenColumn::id),
                                                      value(TokenColumn::key),
                                                      value(TokenColumn::source),
                                                      length};
  documents_.add(document);
  NumberBytes copy;
  const std::optional<std::string_view> said[] = {
      value_bytes(Type::int64, value(TokenColumn::copy), copy), value(TokenColumn::id),
      value(TokenColumn::key), value(TokenColumn::source), with_end_};
  digest_.add(said);
  index_->add(tokens);
  tokens_ += tokens;
}

ShardInfo TokenShardWriter::close() {
  data_->finish();
  data_.reset();
  const std::string digest = digest_.hex();
  file_.set_text("logical_digest", digest);
  file_.close();
  const ShardInfo documents = documents_.close();
  ShardPart::Whole whole = part_.commit();
  const std::string bin = with_ending(path_, ".bin");
  link_beside(snapshot_ / path_, snapshot_ / bin);
  ShardPart::Whole index = index_->commit();
  return {.bytes = whole.bytes,
          .documents = documents.documents,
          .sha256 = whole.sha256,
          .logical_digest = digest,
          .files = {{bin, whole.bytes, whole.sha256},
                    {with_ending(path_, ".idx"), index.bytes, std::move(index.sha256)},
                    {token_documents_path(path_), documents.bytes, documents.sha256}}};
}

std::string token_documents_path(const std::string& path) {
  return "token_documents" + path.substr(path.find('/'));
}

std::string with_ending(const std::string& path, const char* ending) {
  return path.substr(0, path.rfind('.')) + ending;
}

void link_beside(const fs::path& file, const fs::path& name) {
  std::error_code failed;
  fs::remove(name, failed);
  fs::create_hard_link(file, name, failed);
  if (failed) fs::create_symlink(file.filename(), name, failed);
  if (failed) hard_link_or_copy(file, name);
}

}  // namespace shardmill
