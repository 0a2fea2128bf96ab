#include "operators/read/record_parser.hpp"

#include <simdjson.h>

#include <algorithm>
#include <vector>

#include "engine/hash/hash.hpp"
#include "operators/read/column_map.hpp"
#include "operators/read/json_slices.hpp"

namespace shardmill {
namespace {

namespace dom = simdjson::dom;

static_assert(kReadPadding >= simdjson::SIMDJSON_PADDING);

// A parser keeps up to 14 bytes for each byte of its longest record: longer ones get their own.
constexpr std::size_t kKeptParserBytes = std::size_t{1} << 20;

bool reject(Quarantined& rejected, const char* reason, std::string detail) {
  rejected.reason = reason;
  rejected.detail = std::move(detail);
  return false;
}

// The first word outside of strings that JSON has no meaning for, as "; NaN is no value of JSON".
// Other programs write NaN, Infinity or None.
std::string bare_word(std::string_view line) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  bool in_string = false;
  for (std::size_t at = 0; at < line.size(); ++at) {
    if (line[at] == '"') in_string = !in_string;
    if (in_string && line[at] == '\\') ++at;
    if (in_string || !is_letter(line[at])) continue;
    const auto end = std::find_if_not(line.begin() + at, line.end(), is_letter);
    const std::string_view word(&line[at], static_cast<std::size_t>(end - (line.begin() + at)));
    const bool exponent = (word == "e" || word == "E") && at > 0 && line[at - 1] != ' ';
    const bool known = word == "true" || word == "false" || word == "null" || exponent;
    if (!known) return "; " + std::string(word.substr(0, 20)) + " is no value of JSON";
    at += word.size() - 1;
  }
  return "";
}

std::string field_or(const std::string& mapped, const char* otherwise) {
  return "field '" + (mapped.empty() ? std::string(otherwise) : mapped) + "'";
}

}  // namespace

bool is_utf8(std::string_view bytes) { return simdjson::validate_utf8(bytes.data(), bytes.size()); }

std::string MadeId::of(std::string_view text) {
  bytes_.resize(prefix_);
  bytes_.append(text);
  return hash128(bytes_).hex();
}

struct RecordParser::State {
  const SourceSettings& source;
  const FilePart& part;
  dom::parser parser;
  ColumnMap columns;
  MadeId made_id;
  u64 record = 0;
  // Of the record at hand; kept between records for their memory.
  std::vector<dom::element> members;
  std::vector<ColumnSlot*> touched;  // in record order, without id and text
  std::vector<std::string_view> raw;

  State(const SourceSettings& s, const FilePart& p)
      : source(s), part(p), columns(s), made_id(s, p) {}

  bool parse(dom::parser& with, const Line& line, Batch& batch, Quarantined& rejected);
  bool take(const Line& line, const dom::object& object, Batch& batch, Quarantined& rejected);
  void assign_columns(const dom::object& object);
  bool take_text(std::string_view& text, Quarantined& rejected);
  void append_id(std::string_view text, Batch& batch);
  [[nodiscard]] bool present(const ColumnSlot& column) const {
    return column.record == record && !members[column.member].is_null();
  }
};

RecordParser::RecordParser(const SourceSettings& source, const FilePart& part)
    : state_(std::make_unique<State>(source, part)) {}
RecordParser::~RecordParser() = default;
void RecordParser::batch_cleared() { state_->columns.batch_cleared(); }

bool RecordParser::parse(const Line& line, Batch& batch, Quarantined& rejected) {
  rejected.relative = state_->part.relative;
  rejected.offset = line.offset;
  if (line.bytes.size() <= kKeptParserBytes) {
    return state_->parse(state_->parser, line, batch, rejected);
  }
  dom::parser large;
  return state_->parse(large, line, batch, rejected);
}

bool RecordParser::State::parse(dom::parser& with, const Line& line, Batch& batch,
                                Quarantined& rejected) {
  const std::string_view bytes = line.bytes;
  const std::size_t first = bytes.find_first_not_of(" \t\r");
  dom::element element;
  simdjson::error_code error = simdjson::SUCCESS;
  // Asked here, since whether the parser skips a byte order mark depends on its version.
  const bool object = bytes[first] == '{';
  if (object) error = with.parse(bytes.data(), bytes.size(), false).get(element);
  if (object && error == simdjson::SUCCESS) {
    return take(line, element.get_object().value_unsafe(), batch, rejected);
  }
  if (error == simdjson::MEMALLOC) {
    throw ResourceError(part.path + ": no memory for a record of " + std::to_string(bytes.size()) +
                        " bytes at offset " + std::to_string(line.offset) +
                        "; lower max_record or give more --memory");
  }
  if (!is_utf8(bytes)) return reject(rejected, "invalid_utf8", "the line is not valid UTF-8");
  return reject(
      rejected, "invalid_json",
      object ? simdjson::error_message(error) + bare_word(bytes) : "the line is not a JSON object");
}

// Which member fills which column; of several the last.
void RecordParser::State::assign_columns(const dom::object& object) {
  ++record;
  members.clear();
  touched.clear();
  for (const dom::key_value_pair member : object) {
    ColumnMap::Entry& entry = columns.find(members.size(), member.key);
    for (ColumnSlot* column : entry.columns) {
      const bool again = column->record == record;
      column->record = record;
      column->member = members.size();
      if (!again && column != columns.id() && column != columns.text()) touched.push_back(column);
    }
    members.push_back(member.value);
  }
}

bool RecordParser::State::take(const Line& line, const dom::object& object, Batch& batch,
                               Quarantined& rejected) {
  assign_columns(object);
  std::string_view text;
  if (!source.is_table && !take_text(text, rejected)) return false;
  std::size_t sliced = 0;  // how many members' raw text is wanted
  for (const ColumnSlot* column : touched) sliced = std::max(sliced, column->member + 1);
  if (!source.is_table && present(*columns.id()) && !members[columns.id()->member].is_string()) {
    sliced = std::max(sliced, columns.id()->member + 1);
  }
  raw.clear();
  slice_values(line.bytes, sliced, raw);

  batch.key.push_back(DocKey::of(part.ordinal, line.offset));
  if (!source.is_table) {
    batch.source.push_back(part.source);
    batch.text.push(text);
    append_id(text, batch);
  }
  for (ColumnSlot* column : touched) {
    if (!present(*column)) continue;
    if (column->field_plus_one == 0) {
      batch.fields.push_back({column->name, {}});
      for (std::size_t row = 1; row < batch.size(); ++row) batch.fields.back().json.push_absent();
      column->field_plus_one = batch.fields.size();
    }
    batch.fields[column->field_plus_one - 1].json.push(raw[column->member]);
  }
  batch.end_document();
  return true;
}

bool RecordParser::State::take_text(std::string_view& text, Quarantined& rejected) {
  if (!present(*columns.text())) {
    return reject(rejected, "missing_text",
                  field_or(source.text_field, "text") + " is absent or null");
  }
  if (members[columns.text()->member].get_string().get(text) != simdjson::SUCCESS) {
    return reject(rejected, "text_not_string",
                  field_or(source.text_field, "text") + " is not a string");
  }
  return true;
}

void RecordParser::State::append_id(std::string_view text, Batch& batch) {
  if (!present(*columns.id())) {
    ++batch.made_ids;
    return batch.id.push(made_id.of(text));
  }
  std::string_view id;
  const std::size_t member = columns.id()->member;
  if (members[member].get_string().get(id) != simdjson::SUCCESS) id = raw[member];
  batch.id.push(id);
}

}  // namespace shardmill
