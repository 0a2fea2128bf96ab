// CSV (RFC 4180) as JSON lines: a record becomes the object that its header and values spell, so
// that all formats share one parser of records.
//
// The first record is the header. Records end with LF or CRLF; empty lines are none. A value in
// quotes is a string; so is one without quotes, unless it is a JSON number (whole ones of 64 bits),
// `true` or `false`, or empty: null. The text field is a string always.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "operators/read/byte_stream.hpp"
#include "operators/read/line_reader.hpp"
#include "operators/read/source.hpp"

namespace shardmill {

class CsvReader {
 public:
  // A header beyond these is no header, and every record would carry its names.
  static constexpr std::size_t kMostColumns = std::size_t{1} << 14;
  static constexpr u64 kMostHeaderBytes = u64{1} << 20;

  // `path` is for messages; all outlive the reader. Throws DataError (path, offset, reason) when
  // the header cannot be used: names that are repeated, hold a CR, or are not UTF-8, too many
  // or too long ones, a quoting error, a column of `types` that is not there.
  CsvReader(ByteStream& stream, const SourceSettings& source, const std::string& path);
  // `bytes` is the record as JSON, `offset` that of the record. Records, or the JSON of which, take
  // more than max_record are too long; faults are invalid_csv (bytes behind a closing quote),
  // ragged and wrong_type. Throws DataError for a quote that is never closed: all behind it is
  // in doubt.
  bool next(Line& line);
  // Gone by so far, everything counted.
  [[nodiscard]] u64 bytes() const { return position_; }

 private:
  // utf8_always: of the text field, never null.
  enum class Kind { guessed, utf8_always, utf8, int64, float64, boolean };
  struct Column {
    std::string name;
    std::string key;  // `"name":`
    Kind kind = Kind::guessed;
  };
  struct Value {
    std::size_t end = 0;  // in values_
    bool quoted = false;
  };

  static constexpr int kEnd = -1;
  [[nodiscard]] int look();  // the next byte, or kEnd
  bool fill();
  void consume(std::size_t count);
  void keep(std::string_view bytes);
  void keep_until(char one, char other);
  bool read_value();   // whether another one follows
  bool read_record();  // false at the end
  void read_header();
  [[nodiscard]] Kind kind_of(std::string_view name) const;
  void judge(Line& line);
  // False, with a reason in the line, when the value is not of the column's type.
  bool append_value(const Column& column, std::string_view value, bool quoted, Line& line);

  ByteStream& stream_;
  const SourceSettings& source_;
  const std::string& path_;
  const char separator_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;   // of what is held
  std::size_t filled_ = 0;  // its end
  u64 position_ = 0;        // of begin_ in the stream
  std::vector<Column> columns_;

  // The record at hand.
  u64 offset_ = 0;
  u64 length_ = 0;      // without LF
  std::string values_;  // one behind the other; cut off when the record is too long
  std::vector<Value> ends_;
  std::size_t count_ = 0;  // of values; ends_ has no more than there may be columns
  bool well_quoted_ = true;
  std::string json_;
};

}  // namespace shardmill
