// What a job file says about one source, and what reading it yields besides documents.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cluster/types.hpp"
#include "engine/batch/batch.hpp"

namespace shardmill {

enum class Format {
  jsonl,    // a JSON object a line
  text,     // a file is one document
  command,  // a program's stdout is JSON lines; it gets the path as its last argument
  csv,      // RFC 4180 with a header, see csv_reader.hpp
  tsv,      // the same with tabs
  hdf5,     // published shards and tables of one-dimensional datasets, see hdf5_rows.hpp
};

// As written in job files.
inline constexpr std::array<std::pair<std::string_view, Format>, 6> kFormatNames = {
    {{"jsonl", Format::jsonl},
     {"csv", Format::csv},
     {"tsv", Format::tsv},
     {"hdf5", Format::hdf5},
     {"text", Format::text},
     {"command", Format::command}}};

// Of a name that the job file's checker has seen.
[[nodiscard]] inline Format format_named(std::string_view name) {
  for (const auto& [known, format] : kFormatNames) {
    if (known == name) return format;
  }
  throw InternalError("no source format is called " + std::string(name));
}

[[nodiscard]] inline std::string format_name(Format format) {
  for (const auto& [name, known] : kFormatNames) {
    if (known == format) return std::string(name);
  }
  throw InternalError("a source format without a name");
}

struct SourceSettings {
  std::string name;
  Format format = Format::jsonl;
  std::string id_field;    // input field that fills `id`; empty: the one named `id`
  std::string text_field;  // input field that fills `text`; empty: the one named `text`
  // Other mappings: column name -> input field.
  std::vector<std::pair<std::string, std::string>> columns;
  std::vector<std::string> command;  // argv of Format::command
  u64 max_record = u64{16} << 20;    // bytes of a line without its LF, of a text file without BOM
  // Rows of a table, not documents: no field fills `id` or `text`, every one is a column.
  bool is_table = false;
  // Of csv and tsv, by input field; the types of other fields are guessed. Never json.
  std::vector<std::pair<std::string, Type>> types;
  // Of hdf5: the group that holds the datasets; those to read, empty: all.
  std::string group = "/";
  std::vector<std::string> fields;
};

// A record that is not a document, and why. Reasons: invalid_utf8, invalid_json, missing_text,
// text_not_string, too_long, binary, invalid_csv, ragged, wrong_type. `detail` is for people.
struct Quarantined {
  std::string relative;
  u64 offset = 0;  // of the record, in the decoded stream; of hdf5 its row
  std::string reason;
  std::string detail;
};

[[nodiscard]] inline std::string too_long_detail(u64 bytes, u64 max_record) {
  return std::to_string(bytes) + " bytes, max_record is " + std::to_string(max_record);
}

// What is read at a time. Plain JSONL may be cut into byte ranges: a part has the records whose
// first byte lies in [begin, end). Everything else is read whole: 0, UINT64_MAX.
struct FilePart {
  std::string path;      // as opened
  std::string relative;  // to the glob's root: what the catalogue and ids know
  u32 source = 0;        // position in the job's list of sources
  u64 ordinal = 0;       // of the file version, see DocKey
  u64 begin = 0;
  u64 end = UINT64_MAX;
};

}  // namespace shardmill
