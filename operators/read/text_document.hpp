// A file that is one document.
#pragma once

#include <string>

#include "operators/read/byte_stream.hpp"
#include "operators/read/source.hpp"

namespace shardmill {

struct TextFile {
  enum class Outcome { document, empty, rejected };
  Outcome outcome = Outcome::empty;
  std::string text;       // of a document, without byte order mark
  Quarantined rejected;   // its reason and detail
  u64 decoded_bytes = 0;  // the whole file's
};

// Reads to the end in any case, so that corrupt data behind a rejected start is found. Rejects, in
// this order: longer than max_record (too_long), NUL in the first 8 KiB (binary), NUL later or not
// UTF-8 (invalid_utf8). A file of nothing, or of a byte order mark, is empty.
[[nodiscard]] TextFile read_text_file(ByteStream& stream, u64 max_record);

}  // namespace shardmill
