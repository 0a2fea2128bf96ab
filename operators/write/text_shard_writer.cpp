#include "operators/write/text_shard_writer.hpp"

#include <algorithm>

#include "engine/store/file.hpp"

namespace shardmill {
namespace {

// Beyond a MiB a write gets no faster; below a page it is mostly HDF5's own work.
constexpr std::size_t kLargestBuffer = std::size_t{1} << 20;
constexpr std::size_t kSmallestBuffer = 4096;

std::size_t buffer_of_stream(std::size_t columns, std::size_t all) {
  const std::size_t streams = 2 * std::max<std::size_t>(columns, 1);  // values and offsets
  return std::clamp(all / streams, kSmallestBuffer, kLargestBuffer);
}

void require_document_columns(const Schema& schema) {
  for (const char* name : {"id", "source", "text"}) {
    const auto found = std::find(schema.begin(), schema.end(), ColumnSpec{name, Type::utf8});
    if (found == schema.end()) {
      throw InternalError("a text shard without the utf8 column " + std::string(name));
    }
  }
}

// Room for everything at once. HDF5 1.10 cannot give up a file that it cannot finish, so a full
// disk should be met before HDF5 writes. The file's size stays what HDF5 makes it.
void reserve(const std::filesystem::path& path, const Schema& schema, const ShardTotals& totals) {
  u64 bytes = 0;
  for (std::size_t i = 0; i < schema.size(); ++i) {
    const bool text = schema[i].type == Type::utf8 || schema[i].type == Type::json;
    const u64 width = schema[i].type == Type::vector ? 4 * u64{schema[i].dimensions} : 8;
    bytes += text ? totals.text_bytes[i] + 8 * (totals.documents + 1) : width * totals.documents;
    bytes += totals.documents + 4096;  // validity, and HDF5's own blocks for the column
  }
  reserve_space(path, bytes + 65536);
}

}  // namespace

TextShardWriter::TextShardWriter(std::filesystem::path path, const Schema& schema,
                                 const ShardTotals& totals, const std::string& split,
                                 std::string_view format, std::size_t buffer_bytes)
    : path_(std::move(path)),
      part_(path_),
      schema_(schema),
      documents_(totals.documents),
      digest_(schema),
      file_(Hdf5Object::create_file(part_.path())),
      numbers_(schema.size()),
      row_(schema.size()) {
  if (format == kTextFormat) require_document_columns(schema);
  if (totals.text_bytes.size() != schema.size()) {
    throw InternalError("totals of " + std::to_string(totals.text_bytes.size()) +
                        " columns for a schema of " + std::to_string(schema.size()));
  }
  reserve(part_.path(), schema, totals);
  file_.create_text("format", std::string(format));
  file_.create_number("format_version", kShardFormatVersion);
  file_.create_text("logical_digest", std::string(64, '0'));  // known at the end
  file_.create_number("n_documents", totals.documents);
  file_.create_text("split", split);
  group_ = file_.create_group("columns");
  const std::size_t buffer = buffer_of_stream(schema.size(), buffer_bytes);
  columns_.reserve(schema.size());
  for (std::size_t i = 0; i < schema.size(); ++i) {
    columns_.emplace_back(group_, schema[i], totals.documents, totals.text_bytes[i], buffer);
  }
}

void TextShardWriter::add(std::span<const std::optional<std::string_view>> row) {
  if (row.size() != schema_.size()) {
    throw InternalError(path_.string() + ": a document of " + std::to_string(row.size()) +
                        " values for " + std::to_string(schema_.size()) + " columns");
  }
  for (std::size_t i = 0; i < row.size(); ++i) {
    row_[i] = row[i];
    if (row[i]) row_[i] = value_bytes(schema_[i].type, *row[i], numbers_[i]);
    columns_[i].add(row_[i]);
  }
  digest_.add(row_);
  ++added_;
}

ShardInfo TextShardWriter::close() {
  if (added_ != documents_) {
    throw InternalError(path_.string() + " was announced with " + std::to_string(documents_) +
                        " documents and got " + std::to_string(added_));
  }
  ShardInfo info;
  info.documents = documents_;
  info.logical_digest = digest_.hex();
  for (ColumnWriter& column : columns_) column.finish(group_);
  columns_.clear();
  group_.close();
  file_.set_text("logical_digest", info.logical_digest);
  file_.close();

  ShardPart::Whole whole = part_.commit();
  info.bytes = whole.bytes;
  info.sha256 = std::move(whole.sha256);
  return info;
}

}  // namespace shardmill
