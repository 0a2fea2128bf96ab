#include "operators/write/column_writer.hpp"

#include <algorithm>
#include <array>

#include "engine/store/little_endian.hpp"
#include "engine/store/logical_digest.hpp"
#include "operators/write/column_name.hpp"

namespace shardmill {
namespace {

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

// The type of every column; its exact name where HDF5 cannot have it.
void describe(const Hdf5Object& object, const ColumnSpec& spec) {
  if (hdf5_name(spec.name) != spec.name) object.create_text("name", spec.name);
  object.create_text("type", std::string(column_type_name(spec.type)));
}

}  // namespace

Hdf5Appender::Hdf5Appender(Hdf5Object dataset, Hdf5Element element, u64 length,
                           std::size_t buffer_bytes, u64 columns)
    : dataset_(std::move(dataset)),
      element_(element),
      width_(element_bytes(element) * columns),
      length_(length),
      buffer_bytes_(buffer_bytes) {}

void Hdf5Appender::append(std::string_view bytes) {
  if (buffer_.size() + bytes.size() > buffer_bytes_) {
    write(buffer_);
    buffer_.clear();
  }
  if (bytes.size() >= buffer_bytes_) {
    write(bytes);
  } else {
    buffer_ += bytes;
  }
}

void Hdf5Appender::write(std::string_view bytes) {
  const u64 n = bytes.size() / width_;
  if (n > length_ - written_) {
    throw InternalError(dataset_.place() + " was announced with " + std::to_string(length_) +
                        " elements and gets at least " + std::to_string(written_ + n));
  }
  dataset_.write(element_, written_, n, bytes.data());
  written_ += n;
}

void Hdf5Appender::finish() {
  write(buffer_);
  if (written_ != length_) {
    throw InternalError(dataset_.place() + " was announced with " + std::to_string(length_) +
                        " elements and got " + std::to_string(written_));
  }
  release(buffer_);
  dataset_.close();
}

ColumnWriter::ColumnWriter(const Hdf5Object& columns, const ColumnSpec& spec, u64 rows,
                           u64 text_bytes, std::size_t buffer_bytes)
    : spec_(spec), rows_(rows), buffer_bytes_(buffer_bytes) {
  const std::string name = hdf5_name(spec.name);
  if (is_text()) {
    group_ = columns.create_group(name);
    describe(group_, spec);
    values_.emplace(group_.create_dataset("bytes", Hdf5Element::u8_, text_bytes), Hdf5Element::u8_,
                    text_bytes, buffer_bytes);
    offsets_.emplace(group_.create_dataset("offsets", Hdf5Element::u64_, rows + 1),
                     Hdf5Element::u64_, rows + 1, buffer_bytes);
    std::string zero;
    append_u64(zero, 0);
    offsets_->append(zero);
  } else {
    const Hdf5Element element = element_of(spec.type);
    const u64 width = spec.type == Type::vector ? spec.dimensions : 1;
    Hdf5Object dataset = spec.type == Type::vector
                             ? columns.create_matrix(name, element, rows, width)
                             : columns.create_dataset(name, element, rows);
    describe(dataset, spec);
    values_.emplace(std::move(dataset), element, rows, buffer_bytes, width);
    zero_.assign(element_bytes(element) * width, '\0');
  }
}

void ColumnWriter::add(const std::optional<std::string_view>& value) {
  if (added_ == rows_) {
    throw InternalError("column " + spec_.name + " was announced with " + std::to_string(rows_) +
                        " rows and gets more");
  }
  if (!value) {
    if (absent_.empty()) absent_.resize(rows_);
    absent_[added_] = true;
  }
  ++added_;
  if (is_text()) {
    if (value) values_->append(*value);
    text_end_ += value ? value->size() : 0;
    std::array<char, sizeof(u64)> end{};
    std::memcpy(end.data(), &text_end_, sizeof text_end_);
    offsets_->append({end.data(), end.size()});
  } else {
    if (value && value->size() != zero_.size()) {
      throw InternalError("column " + spec_.name + ": a value of " + std::to_string(value->size()) +
                          " bytes, expected " + std::to_string(zero_.size()));
    }
    values_->append(value ? *value : std::string_view(zero_));
  }
}

void ColumnWriter::finish(const Hdf5Object& columns) {
  values_->finish();
  if (offsets_) offsets_->finish();
  if (absent_.empty()) return;
  if (is_text()) {
    write_valid(group_, "valid");
  } else {
    write_valid(columns, hdf5_name(spec_.name) + std::string(kValidSuffix));
  }
}

void ColumnWriter::write_valid(const Hdf5Object& parent, const std::string& name) const {
  Hdf5Appender valid(parent.create_dataset(name, Hdf5Element::u8_, rows_), Hdf5Element::u8_, rows_,
                     buffer_bytes_);
  for (u64 row = 0; row < rows_; ++row)
    valid.append(absent_[row] ? std::string_view("\0", 1) : "\1");
  valid.finish();
}

}  // namespace shardmill
