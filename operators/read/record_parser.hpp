// One line of JSON becomes a row of a batch, or a reason why not.
#pragma once

#include <memory>
#include <string>

#include "engine/batch/batch.hpp"
#include "operators/read/line_reader.hpp"
#include "operators/read/source.hpp"

namespace shardmill {

// Objects and arrays may be nested this deep, the record itself counted; deeper is invalid_json.
inline constexpr std::size_t kJsonDepth = 1024;

class RecordParser {
 public:
  // Both outlive the parser.
  RecordParser(const SourceSettings& source, const FilePart& part);
  ~RecordParser();

  // Appends the record to the batch and returns true; else fills reason and detail. kReadPadding
  // readable bytes must follow line.bytes.
  bool parse(const Line& line, Batch& batch, Quarantined& rejected);
  // To be called after a batch was cleared.
  void batch_cleared();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The id of a document that has none: hex XXH128(source name, NUL, relative path, NUL, text).
class MadeId {
 public:
  MadeId(const SourceSettings& source, const FilePart& part)
      : bytes_(source.name + '\0' + part.relative + '\0'), prefix_(bytes_.size()) {}
  [[nodiscard]] std::string of(std::string_view text);

 private:
  std::string bytes_;  // kept between documents, so that it is not allocated for each
  std::size_t prefix_;
};

// Valid UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF.
[[nodiscard]] bool is_utf8(std::string_view bytes);

}  // namespace shardmill
