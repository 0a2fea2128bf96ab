#include "operators/write/text_shard_reader.hpp"

#include <algorithm>

#include "engine/store/logical_digest.hpp"
#include "operators/write/column_name.hpp"
#include "operators/write/text_shard_writer.hpp"

namespace shardmill {
namespace {

// Offsets are looked at in pieces, so that a block's end is found in bounded memory.
constexpr u64 kOffsetsAtOnce = 8192;

Hdf5Element element_of(Type type) {
  switch (type) {
    case Type::int64:
      return Hdf5Element::i64_;
    case Type::float64:
      return Hdf5Element::f64_;
    case Type::vector:
      return Hdf5Element::f32_;
    default:
      return Hdf5Element::u8_;
  }
}

void require_length(const Hdf5Object& dataset, Hdf5Element element, u64 expected) {
  const u64 length = dataset.length(element);
  if (length != expected) {
    throw DataError(dataset.place() + ": has " + std::to_string(length) + " elements, expected " +
                    std::to_string(expected));
  }
}

bool all_zero(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char c) { return c == 0; });
}

bool is_flag(char byte) { return byte == 0 || byte == 1; }

}  // namespace

std::string_view ShardRows::Values::slice(u64 row) const {
  const std::string_view all(bytes);
  if (width != 0) return all.substr(row * width, width);
  return all.substr(offsets[row], offsets[row + 1] - offsets[row]);
}

std::optional<std::string_view> ShardRows::value(std::size_t column, u64 row) const {
  const Values& values = columns_[column];
  if (!values.valid.empty() && values.valid[row] == 0) return std::nullopt;
  return values.slice(row);
}

TextShardReader::TextShardReader(const std::filesystem::path& path,
                                 const std::optional<std::set<std::string>>& only)
    : path_(path.string()), file_(Hdf5Object::open_file(path)) {
  file_bytes_ = std::filesystem::file_size(path);
  format_ = file_.text("format");
  const u64 version = file_.number("format_version");
  if (version != kShardFormatVersion) {
    throw DataError(path_ + ": format version " + std::to_string(version) + ", expected " +
                    std::to_string(kShardFormatVersion));
  }
  logical_digest_ = file_.text("logical_digest");
  n_documents_ = file_.number("n_documents");
  split_ = file_.text("split");
  if (n_documents_ >= file_bytes_) {  // every document has an offset somewhere
    throw DataError(path_ + ": states " + std::to_string(n_documents_) + " documents in " +
                    std::to_string(file_bytes_) + " bytes");
  }
  const Hdf5Object columns = file_.open("columns");
  std::set<std::string> wanted;
  if (only) {
    for (const std::string& column : *only) wanted.insert(hdf5_name(column));
  }
  for (const std::string& name : columns.names()) {
    if (!name.ends_with(kValidSuffix) && (!only || wanted.contains(name))) {
      open_column(columns, name);
    }
  }
  std::sort(columns_.begin(), columns_.end(),
            [](const StoredColumn& a, const StoredColumn& b) { return a.spec.name < b.spec.name; });
  for (const StoredColumn& column : columns_) schema_.push_back(column.spec);
}

void TextShardReader::open_column(const Hdf5Object& columns, const std::string& name) {
  Hdf5Object object = columns.open(name);
  const std::string type_text = object.text("type");
  const std::optional<Type> type = type_from_name(type_text);
  if (!type) throw DataError(object.place() + ": '" + type_text + "' is no column type");
  StoredColumn column;
  column.spec = {object.has_attribute("name") ? object.text("name") : name, *type};
  if (hdf5_name(column.spec.name) != name) {
    throw DataError(object.place() + ": cannot be the name of column '" + column.spec.name + "'");
  }
  const bool text = *type == Type::utf8 || *type == Type::json;
  if (object.is_group() != text) {
    throw DataError(object.place() + ": expected a " + (text ? "group" : "dataset"));
  }
  if (text) {
    column.values = object.open("bytes");
    column.offsets = object.open("offsets");
    column.text_bytes = column.values.length(Hdf5Element::u8_);
    if (column.text_bytes > file_bytes_) {
      throw DataError(column.values.place() + ": longer than the file");
    }
    require_length(column.offsets, Hdf5Element::u64_, n_documents_ + 1);
    if (object.has("valid")) column.valid = object.open("valid");
  } else {
    column.width = element_bytes(element_of(*type));
    if (*type == Type::vector) {
      column.spec.dimensions = dimensions_of(object);
      column.width *= column.spec.dimensions;
    } else {
      require_length(object, element_of(*type), n_documents_);
    }
    const std::string valid = name + std::string(kValidSuffix);
    if (columns.has(valid)) column.valid = columns.open(valid);
    column.values = std::move(object);
  }
  if (column.valid) require_length(*column.valid, Hdf5Element::u8_, n_documents_);
  columns_.push_back(std::move(column));
}

// The length of a column's vectors.
u32 TextShardReader::dimensions_of(const Hdf5Object& dataset) const {
  const auto [rows, dimensions] = dataset.shape(Hdf5Element::f32_);
  if (rows != n_documents_) {
    throw DataError(dataset.place() + ": has " + std::to_string(rows) + " rows, expected " +
                    std::to_string(n_documents_));
  }
  if (dimensions == 0 || dimensions > file_bytes_ / sizeof(float)) {
    throw DataError(dataset.place() + ": states vectors of " + std::to_string(dimensions) +
                    " numbers in " + std::to_string(file_bytes_) + " bytes");
  }
  return narrow<u32>(dimensions);
}

std::size_t TextShardReader::column(std::string_view name) const {
  for (std::size_t i = 0; i < schema_.size(); ++i) {
    if (schema_[i].name == name) return i;
  }
  throw DataError(path_ + ": has no column '" + std::string(name) + "'");
}

// The end of the longest run of documents from `first` on that fits.
u64 TextShardReader::block_end(u64 first, u64 last, u64 block_bytes) const {
  last = std::min(last, first + kOffsetsAtOnce);
  std::vector<u64> bytes(last - first, 0);  // of documents first .. first + i
  std::vector<u64> offsets(last - first + 1);
  for (const StoredColumn& column : columns_) {
    if (column.width == 0) {
      column.offsets.read(Hdf5Element::u64_, first, offsets.size(), offsets.data());
      for (std::size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] += offsets[i + 1] - offsets[0] + (i + 1) * sizeof(u64);
      }
    } else {
      for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] += (i + 1) * column.width;
    }
  }
  const auto end = std::upper_bound(bytes.begin(), bytes.end(), block_bytes);
  return first + std::max<u64>(1, static_cast<u64>(end - bytes.begin()));
}

u64 TextShardReader::read(u64 first, u64 last, ShardRows& rows, u64 block_bytes) const {
  if (first > last || last > n_documents_) {
    throw InternalError(path_ + ": documents " + std::to_string(first) + " to " +
                        std::to_string(last) + " of " + std::to_string(n_documents_));
  }
  rows.first_ = first;
  rows.rows_ = 0;
  rows.columns_.resize(columns_.size());
  if (first == last) return last;
  const u64 end = block_end(first, last, block_bytes);
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    read_column(columns_[i], first, end, rows.columns_[i]);
  }
  rows.rows_ = end - first;
  return end;
}

void TextShardReader::read_column(const StoredColumn& column, u64 first, u64 last,
                                  ShardRows::Values& into) const {
  const u64 n = last - first;
  into.width = column.width;
  into.valid.resize(column.valid ? n : 0);
  if (column.valid) column.valid->read(Hdf5Element::u8_, first, n, into.valid.data());
  if (column.width != 0) {
    into.bytes.resize(n * column.width);
    column.values.read(element_of(column.spec.type), first, n, into.bytes.data());
    return;
  }
  into.offsets.resize(n + 1);
  column.offsets.read(Hdf5Element::u64_, first, n + 1, into.offsets.data());
  const u64 start = into.offsets[0];
  for (std::size_t i = 0; i <= n; ++i) {
    const u64 before = i == 0 ? 0 : into.offsets[i - 1] + start;
    if (into.offsets[i] < before || into.offsets[i] > column.text_bytes) {
      throw DataError(column.offsets.place() + ": element " + std::to_string(first + i) + " is " +
                      std::to_string(into.offsets[i]) + ", expected " + std::to_string(before) +
                      " to " + std::to_string(column.text_bytes));
    }
    into.offsets[i] -= start;
  }
  into.bytes.resize(into.offsets[n]);
  column.values.read(Hdf5Element::u8_, start, into.bytes.size(), into.bytes.data());
}

// What the logical digest does not see: bytes under absent rows, and flags that are no flags.
void TextShardReader::verify_rows(const ShardRows& rows) const {
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    const ShardRows::Values& values = rows.columns_[c];
    for (u64 i = 0; i < rows.size(); ++i) {
      const bool present = values.valid.empty() || values.valid[i] != 0;
      const std::string_view bytes = values.slice(i);
      const bool flags = (values.valid.empty() || values.valid[i] <= 1) &&
                         (columns_[c].spec.type != Type::boolean || is_flag(bytes[0]));
      const bool nothing = values.width == 0 ? bytes.empty() : all_zero(bytes);
      if (!flags || (!present && !nothing)) {
        throw DataError(columns_[c].values.place() + ": document " +
                        std::to_string(rows.first() + i) +
                        (flags ? ": is absent but has a value" : ": a flag is neither 0 nor 1"));
      }
    }
  }
}

void TextShardReader::verify() const {
  for (const StoredColumn& column : columns_) {
    if (column.width != 0) continue;
    u64 ends[2] = {0, 0};
    column.offsets.read(Hdf5Element::u64_, 0, 1, &ends[0]);
    column.offsets.read(Hdf5Element::u64_, n_documents_, 1, &ends[1]);
    if (ends[0] != 0 || ends[1] != column.text_bytes) {
      throw DataError(column.offsets.place() + ": goes from " + std::to_string(ends[0]) + " to " +
                      std::to_string(ends[1]) + ", expected 0 to " +
                      std::to_string(column.text_bytes));
    }
  }
  LogicalDigest digest(schema_);
  ShardRows rows;
  std::vector<std::optional<std::string_view>> row(columns_.size());
  for (u64 first = 0; first < n_documents_;) {
    first = read(first, n_documents_, rows);
    for (u64 i = 0; i < rows.size(); ++i) {
      for (std::size_t c = 0; c < columns_.size(); ++c) row[c] = rows.value(c, i);
      digest.add(row);
    }
    verify_rows(rows);
  }
  const std::string found = digest.hex();
  if (found != logical_digest_) {
    throw DataError(path_ + ": its documents have the logical digest " + found +
                    ", the file states " + logical_digest_);
  }
}

}  // namespace shardmill
