#include "operators/read/text_document.hpp"

#include <algorithm>

#include "operators/read/record_parser.hpp"

namespace shardmill {
namespace {

// Most such files are small: malloc keeps this much at hand, more would be mapped anew each time.
constexpr std::size_t kChunkBytes = std::size_t{64} << 10;
constexpr std::size_t kBinaryHead =
    8 * 1024;  // where a NUL tells a binary file, as in grep and git

void judge(TextFile& file, const char* reason, std::string detail) {
  file.outcome = TextFile::Outcome::rejected;
  file.rejected.reason = reason;
  file.rejected.detail = std::move(detail);
  file.text.clear();
}

}  // namespace

TextFile read_text_file(ByteStream& stream, u64 max_record) {
  TextFile file;
  std::vector<char> chunk(kChunkBytes);
  // Beyond this the file is too long, whether or not it starts with a mark.
  const u64 kept = max_record + kByteOrderMark.size();
  for (std::size_t got = stream.read(chunk); got > 0; got = stream.read(chunk)) {
    if (file.decoded_bytes <= kept) file.text.append(chunk.data(), got);
    file.decoded_bytes += got;
  }
  const std::size_t mark = file.text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  const u64 length = file.decoded_bytes - mark;
  if (length == 0) {
    file.text.clear();
    return file;
  }
  if (length > max_record) {
    judge(file, "too_long", too_long_detail(length, max_record));
    return file;
  }
  const std::size_t nul = file.text.find('\0');
  if (nul < kBinaryHead) {
    judge(file, "binary", "NUL at byte " + std::to_string(nul));
  } else if (nul != std::string::npos) {
    judge(file, "invalid_utf8", "NUL at byte " + std::to_string(nul));
  } else if (!is_utf8(file.text)) {
    judge(file, "invalid_utf8", "the file is not valid UTF-8");
  } else {
    file.text.erase(0, mark);
    file.outcome = TextFile::Outcome::document;
  }
  return file;
}

}  // namespace shardmill
