#include "operators/read/hdf5_rows.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

#include "operators/read/json_text.hpp"
#include "operators/read/record_parser.hpp"
#include "operators/write/value_bytes.hpp"

namespace shardmill {
namespace {

bool is_shard(const std::string& path) {
  const Hdf5Object file = Hdf5Object::open_file(path);
  return file.has_attribute("format_version") && file.has_attribute("logical_digest");
}

bool wrong_type(Line& line, const std::string& column, const char* found) {
  line.fault = "wrong_type";
  line.detail = "column `" + column + "`: " + found;
  return false;
}

// With a point or an exponent: a column of whole numbers would be int64.
void append_float(std::string& json, std::string_view bytes) {
  const std::string number = value_text(Type::float64, bytes);
  json += number;
  if (number.find_first_of(".e") == std::string::npos) json += ".0";
}

// A JSON array of the shortest numbers that read back the same; false for a row with a number that
// JSON does not have.
bool append_vector(std::string& json, std::string_view bytes, bool narrow) {
  for (std::size_t at = 0; at < bytes.size(); at += sizeof(double)) {
    double number = 0;
    std::memcpy(&number, bytes.data() + at, sizeof number);
    if (!std::isfinite(number)) return false;
    std::array<char, 32> digits{};
    const std::to_chars_result end =
        narrow ? std::to_chars(digits.begin(), digits.end(), static_cast<float>(number))
               : std::to_chars(digits.begin(), digits.end(), number);
    json += at == 0 ? '[' : ',';
    json.append(digits.data(), end.ptr);
  }
  json += ']';
  return true;
}

void append_key(std::string& json, const std::string& name) {
  append_json_string(json, name);
  json += ':';
}

}  // namespace

Hdf5Rows::Hdf5Rows(const SourceSettings& source, const std::string& path) : source_(source) {
  if (source.group == "/" && is_shard(path)) {
    shard_.emplace(path);
    shard_->verify();
    for (const std::string& field : source.fields) (void)shard_->column(field);
    rows_ = shard_->n_documents();
    return;
  }
  table_.emplace(path, source.group, source.fields, source.max_record);
  for (const Hdf5Table::Column& column : table_->columns()) {
    if (is_utf8(column.name)) continue;
    throw DataError(path + ": the name of a dataset is not valid UTF-8");
  }
  rows_ = table_->rows();
}

bool Hdf5Rows::next(Line& line) {
  if (row_ == rows_) return false;
  if (row_ == end_) read_block();
  line = {{}, row_, 0};
  json_.assign(1, '{');
  const bool good = shard_ ? append_shard_row(line) : append_table_row(line);
  ++row_;
  if (!good) return true;
  if (json_.back() == ',') json_.pop_back();
  json_ += '}';
  line.length = json_.size();
  if (line.length > source_.max_record) {
    line.fault = "too_long";
    line.detail = "its JSON is longer than max_record, " + std::to_string(source_.max_record);
    return true;
  }
  line.bytes = json_;
  return true;
}

void Hdf5Rows::read_block() {
  begin_ = end_;
  end_ = shard_ ? shard_->read(begin_, rows_, shard_rows_) : table_->read(begin_);
}

bool Hdf5Rows::append_shard_row(Line& line) {
  for (std::size_t c = 0; c < shard_->schema().size(); ++c) {
    const auto& [name, type, dimensions] = shard_->schema()[c];
    const auto& fields = source_.fields;
    if (!fields.empty() && std::find(fields.begin(), fields.end(), name) == fields.end()) continue;
    const auto value = shard_rows_.value(c, row_ - begin_);
    if (!value) continue;
    append_key(json_, name);
    if (type == Type::utf8) {
      append_json_string(json_, *value);
    } else if (type == Type::float64) {
      append_float(json_, *value);
    } else {
      json_ += value_text(type, *value);
    }
    json_ += ',';
    if (json_.size() > source_.max_record) break;
  }
  return line.fault == nullptr;
}

bool Hdf5Rows::append_table_row(Line& line) {
  if (table_->too_long()) {
    line.fault = "too_long";
    line.detail = "its texts are longer than max_record, " + std::to_string(source_.max_record);
    return false;
  }
  for (const Hdf5Table::Column& column : table_->columns()) {
    if (!append_value(column, line)) return false;
    if (json_.size() > source_.max_record) break;
  }
  return true;
}

// False, with a reason in the line, when JSON cannot say the value.
bool Hdf5Rows::append_value(const Hdf5Table::Column& column, Line& line) {
  const std::string_view value = table_->value(column, row_ - begin_);
  const std::size_t before = json_.size();
  append_key(json_, column.name);
  switch (column.kind) {
    case Hdf5Table::Kind::text:
      append_json_string(json_, value);
      break;
    case Hdf5Table::Kind::int64:
      json_ += value_text(Type::int64, value);
      break;
    case Hdf5Table::Kind::uint64: {
      u64 number = 0;
      std::memcpy(&number, value.data(), sizeof number);
      json_ += std::to_string(number);
      break;
    }
    case Hdf5Table::Kind::float64: {
      double number = 0;
      std::memcpy(&number, value.data(), sizeof number);
      if (std::isinf(number)) return wrong_type(line, column.name, "an infinity");
      if (std::isnan(number)) {
        json_.resize(before);
        return true;
      }
      append_float(json_, value);
      break;
    }
    case Hdf5Table::Kind::vector:
      if (!append_vector(json_, value, column.narrow)) {
        return wrong_type(line, column.name, "a vector with a NaN or an infinity");
      }
      break;
    case Hdf5Table::Kind::boolean:
      if (value[0] != 0 && value[0] != 1) {
        return wrong_type(line, column.name, "a bool that is neither 0 nor 1");
      }
      json_ += value[0] == 1 ? "true" : "false";
      break;
  }
  json_ += ',';
  return true;
}

}  // namespace shardmill
