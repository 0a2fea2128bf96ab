#include "operators/read/csv_reader.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include "engine/batch/json_scalar.hpp"
#include "operators/read/json_text.hpp"
#include "operators/read/record_parser.hpp"

namespace shardmill {
namespace {

constexpr std::size_t kChunkBytes = std::size_t{1} << 20;

bool is_integer(std::string_view number) {
  return number.find_first_of(".eE") == std::string_view::npos;
}

bool is_finite(std::string_view text) {
  const auto number = decode_json_number(text);
  return number &&
         (std::holds_alternative<i64>(*number) || std::isfinite(std::get<double>(*number)));
}

// A number that JSON parsers take: whole ones of 64 bits, others that are finite.
bool is_number(std::string_view text) {
  if (text.empty() || (text[0] != '-' && (text[0] < '0' || text[0] > '9'))) return false;
  const auto number = decode_json_number(text);
  if (!number) return false;
  if (std::holds_alternative<i64>(*number)) return true;
  if (!is_integer(text)) return std::isfinite(std::get<double>(*number));
  u64 value = 0;
  return std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc{};
}

bool is_boolean(std::string_view text) { return text == "true" || text == "false"; }

}  // namespace

CsvReader::CsvReader(ByteStream& stream, const SourceSettings& source, const std::string& path)
    : stream_(stream),
      source_(source),
      path_(path),
      separator_(source.format == Format::tsv ? '\t' : ','),
      buffer_(kChunkBytes) {
  while (filled_ < kByteOrderMark.size()) {
    const std::size_t got = stream_.read(std::span(buffer_).subspan(filled_));
    if (got == 0) break;
    filled_ += got;
  }
  if (std::string_view(buffer_.data(), filled_).starts_with(kByteOrderMark))
    consume(kByteOrderMark.size());
  if (read_record()) read_header();
}

int CsvReader::look() {
  if (begin_ == filled_ && !fill()) return kEnd;
  return static_cast<unsigned char>(buffer_[begin_]);
}

bool CsvReader::fill() {
  begin_ = 0;
  filled_ = stream_.read(buffer_);
  return filled_ > 0;
}

void CsvReader::consume(std::size_t count) {
  begin_ += count;
  position_ += count;
}

void CsvReader::keep(std::string_view bytes) {
  if (position_ - offset_ <= source_.max_record) values_.append(bytes);
}

// Takes what comes before the next `one` or `other`, or before the end.
void CsvReader::keep_until(char one, char other) {
  while (begin_ < filled_ || fill()) {
    const std::string_view held(buffer_.data() + begin_, filled_ - begin_);
    const auto at = std::find_if(held.begin(), held.end(),
                                 [=](char byte) { return byte == one || byte == other; });
    const auto count = static_cast<std::size_t>(at - held.begin());
    keep(held.substr(0, count));
    consume(count);
    if (count < held.size()) return;
  }
}

bool CsvReader::read_value() {
  const bool quoted = look() == '"';
  const u64 opened = position_;
  while (quoted) {
    consume(1);
    keep_until('"', '"');
    if (look() == kEnd) {
      throw DataError(path_ + ": offset " + std::to_string(opened) +
                      ": this quote is never closed; all behind it is in doubt");
    }
    consume(1);
    if (look() != '"') break;
    keep("\"");
  }
  const std::size_t closed = values_.size();
  keep_until(separator_, '\n');
  const int end = look();
  // Of CRLF.
  if (end != separator_ && values_.size() > closed && values_.back() == '\r') values_.pop_back();
  if (quoted && values_.size() > closed) well_quoted_ = false;
  ++count_;
  const std::size_t most = columns_.empty() ? kMostColumns : columns_.size();
  if (ends_.size() < most) ends_.push_back({values_.size(), quoted});
  return end == separator_;
}

bool CsvReader::read_record() {
  while (look() != kEnd) {
    offset_ = position_;
    values_.clear();
    ends_.clear();
    count_ = 0;
    well_quoted_ = true;
    while (read_value()) consume(1);
    length_ = position_ - offset_;
    if (look() != kEnd) consume(1);
    if (length_ > source_.max_record || count_ > 1 || ends_[0].end > 0 || ends_[0].quoted) {
      return true;
    }
  }
  return false;
}

void CsvReader::read_header() {
  const std::string where = path_ + ": the header at offset " + std::to_string(offset_);
  const u64 most = std::min(source_.max_record, kMostHeaderBytes);
  if (length_ > most) {
    throw DataError(where + " has " + std::to_string(length_) + " bytes, more than " +
                    std::to_string(most));
  }
  if (count_ > kMostColumns) {
    throw DataError(where + " has " + std::to_string(count_) + " columns, more than " +
                    std::to_string(kMostColumns));
  }
  if (!well_quoted_) throw DataError(where + " has bytes behind a closing quote");
  if (!is_utf8(values_)) throw DataError(where + " is not valid UTF-8");
  std::set<std::string> names;
  std::size_t begin = 0;
  std::vector<Column> columns;
  for (const Value& value : ends_) {
    Column column;
    column.name = values_.substr(begin, value.end - begin);
    begin = value.end;
    // Tables with an index often have no name above it.
    if (column.name.empty()) column.name = "column." + std::to_string(columns.size() + 1);
    if (column.name.find('\r') != std::string::npos) {
      throw DataError(where + " holds a CR; records end with LF or CRLF");
    }
    if (!names.insert(column.name).second) {
      throw DataError(where + " names the column `" + column.name + "` twice");
    }
    append_json_string(column.key, column.name);
    column.key += ':';
    column.kind = kind_of(column.name);
    columns.push_back(std::move(column));
  }
  for (const auto& [name, type] : source_.types) {
    if (names.contains(name)) continue;
    std::string message = where;
    message.append(" has no column `").append(name).append("` (types)");
    throw DataError(message);
  }
  columns_ = std::move(columns);
}

CsvReader::Kind CsvReader::kind_of(std::string_view name) const {
  const bool is_text = name == (source_.text_field.empty() ? "text" : source_.text_field);
  if (is_text && !source_.is_table) return Kind::utf8_always;
  for (const auto& [field, type] : source_.types) {
    if (field != name) continue;
    switch (type) {
      case Type::utf8:
        return Kind::utf8;
      case Type::int64:
        return Kind::int64;
      case Type::float64:
        return Kind::float64;
      case Type::boolean:
        return Kind::boolean;
      case Type::json:
      case Type::vector:
        break;
    }
  }
  return Kind::guessed;
}

bool CsvReader::next(Line& line) {
  if (columns_.empty() || !read_record()) return false;
  line = {{}, offset_, length_};
  judge(line);
  if (line.fault != nullptr) return true;
  line.length = json_.size();
  json_.append(kReadPadding, '\0');
  line.bytes = std::string_view(json_).substr(0, line.length);
  return true;
}

// Makes json_, or names the fault.
void CsvReader::judge(Line& line) {
  if (length_ > source_.max_record) {
    line.fault = "too_long";
    line.detail = too_long_detail(length_, source_.max_record);
    return;
  }
  if (!well_quoted_) {
    line.fault = "invalid_csv";
    line.detail = "bytes between a closing quote and the end of the value";
    return;
  }
  if (count_ != columns_.size()) {
    line.fault = "ragged";
    line.detail =
        std::to_string(count_) + " values, the header has " + std::to_string(columns_.size());
    return;
  }
  json_.assign(1, '{');
  std::size_t begin = 0;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const std::string_view value = std::string_view(values_).substr(begin, ends_[i].end - begin);
    begin = ends_[i].end;
    if (!append_value(columns_[i], value, ends_[i].quoted, line)) return;
    if (json_.size() > source_.max_record) break;
  }
  if (json_.back() == ',') json_.pop_back();
  json_ += '}';
  if (json_.size() > source_.max_record) {
    line.fault = "too_long";
    line.detail = "its JSON is longer than max_record, " + std::to_string(source_.max_record);
  }
}

bool CsvReader::append_value(const Column& column, std::string_view value, bool quoted,
                             Line& line) {
  if (value.empty() && !quoted && column.kind != Kind::utf8_always) return true;
  json_ += column.key;
  bool fits = true;
  bool as_string = false;
  switch (column.kind) {
    case Kind::utf8_always:
    case Kind::utf8:
      as_string = true;
      break;
    case Kind::guessed:
      as_string = quoted || !(is_number(value) || is_boolean(value));
      break;
    case Kind::int64: {
      const auto number = decode_json_number(value);
      fits = number && std::holds_alternative<i64>(*number);
      break;
    }
    case Kind::float64:
      fits = is_finite(value);
      break;
    case Kind::boolean:
      fits = is_boolean(value);
      break;
  }
  if (!fits) {
    line.fault = "wrong_type";
    line.detail = "column `" + column.name + "`: " + std::string(value.substr(0, 40));
    return false;
  }
  if (as_string) {
    append_json_string(json_, value);
  } else {
    json_ += value;
    // A column of whole numbers would be int64.
    if (column.kind == Kind::float64 && is_integer(value)) json_ += ".0";
  }
  json_ += ',';
  return true;
}

}  // namespace shardmill
