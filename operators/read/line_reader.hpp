// Cuts a stream into lines; holds at most one long line, and of a too long one nothing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "operators/read/byte_stream.hpp"

namespace shardmill {

// Bytes behind a line that may be read, not used: parsers that work in blocks need them.
inline constexpr std::size_t kReadPadding = 64;

struct Line {
  std::string_view bytes;  // without LF, valid until the next call; kReadPadding bytes follow
  u64 offset = 0;          // of the line's first byte in the stream
  u64 length = 0;          // without LF
  // Why the record cannot be had, a reason of quarantine; then `bytes` is empty.
  const char* fault = nullptr;
  std::string detail = {};
};

// Lines end with LF only; the last one may lack it. Left out are lines of JSON whitespace, and a
// UTF-8 byte order mark at offset 0 (the first line's offset stays 0).
class LineReader {
 public:
  // Yields the lines that begin in [begin, end). `stream` stands at max(begin, 1) - 1: a line
  // begins at `begin` exactly when an LF is before it. Longer lines than max_line are skipped.
  LineReader(ByteStream& stream, u64 begin, u64 end, u64 max_line);
  bool next(Line& line);
  // Of the lines gone by, blank ones, LFs and the byte order mark too.
  [[nodiscard]] u64 bytes() const { return position_ - first_; }

 private:
  [[nodiscard]] std::string_view held() const {
    return {buffer_.data() + begin_, filled_ - begin_};
  }
  bool fill();
  void consume(std::size_t count) {
    begin_ += count;
    position_ += count;
  }
  u64 skip_line(u64 limit, bool& blank);
  u64 skip_mark();

  ByteStream& stream_;
  u64 end_;
  u64 max_line_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;   // of what is held
  std::size_t filled_ = 0;  // its end
  u64 position_;            // of begin_ in the stream
  u64 mark_ = 0;            // size of the byte order mark
  u64 first_ = 0;           // where our first line begins
  bool ended_ = false;      // nothing follows what is held
};

[[nodiscard]] bool is_json_blank(std::string_view bytes);

}  // namespace shardmill
