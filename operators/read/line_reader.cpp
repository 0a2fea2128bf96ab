#include "operators/read/line_reader.hpp"

#include <algorithm>
#include <cstring>

#include "operators/read/source.hpp"

namespace shardmill {
namespace {

// Fits a core's cache, and long enough that few lines cross its end.
constexpr std::size_t kChunkBytes = std::size_t{1} << 20;
// Behind the end of a range only the rest of one line is wanted.
constexpr u64 kTailBytes = u64{64} << 10;

}  // namespace

bool is_json_blank(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(),
                     [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; });
}

LineReader::LineReader(ByteStream& stream, u64 begin, u64 end, u64 max_line)
    : stream_(stream),
      end_(end),
      max_line_(max_line),
      buffer_(kChunkBytes + kReadPadding),
      position_(begin > 0 ? begin - 1 : 0) {
  if (begin == 0) {
    if (end_ > 0) mark_ = skip_mark();  // it is part of the first line
    return;
  }
  bool blank = true;
  skip_line(end_, blank);  // somebody else's
  first_ = position_;
}

// Reads more behind what is held; false at the end of the stream.
bool LineReader::fill() {
  if (ended_) return false;
  const std::size_t size = held().size();
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, size);
    begin_ = 0;
    filled_ = size;
  }
  std::size_t room = buffer_.size() - kReadPadding - filled_;
  if (room < kChunkBytes / 2) {
    const u64 doubled = std::min<u64>(2 * buffer_.size(), max_line_ + kChunkBytes);
    buffer_.resize(std::max<u64>(size + kChunkBytes, doubled) + kReadPadding);
    room = buffer_.size() - kReadPadding - filled_;
  }
  const u64 next = position_ + size;
  const u64 wanted = next < end_ ? end_ - next : kTailBytes;
  const std::size_t got = stream_.read({buffer_.data() + filled_, std::min<u64>(room, wanted)});
  filled_ += got;
  ended_ = got == 0;
  return !ended_;
}

u64 LineReader::skip_mark() {
  while (held().size() < kByteOrderMark.size() && fill()) {
  }
  if (!held().starts_with(kByteOrderMark)) return 0;
  consume(kByteOrderMark.size());
  return kByteOrderMark.size();
}

// Consumes through the next LF, or until `limit` is behind us. Returns the bytes before the LF.
u64 LineReader::skip_line(u64 limit, bool& blank) {
  u64 length = 0;
  do {
    const std::string_view bytes = held();
    const std::size_t newline = bytes.find('\n');
    const std::string_view part = bytes.substr(0, newline);
    blank = blank && is_json_blank(part);
    length += part.size();
    consume(part.size());
    if (newline != std::string_view::npos) {
      consume(1);
      break;
    }
  } while (position_ < limit && fill());
  return length;
}

bool LineReader::next(Line& line) {
  for (;;) {
    const u64 offset = position_ == mark_ ? 0 : position_;
    if (offset >= end_) return false;
    std::size_t newline = held().find('\n');
    while (newline == std::string_view::npos) {
      const std::size_t searched = held().size();
      if (searched > max_line_ || !fill()) break;
      newline = held().find('\n', searched);
    }
    const std::string_view bytes = held().substr(0, newline);
    if (bytes.size() > max_line_) {
      bool blank = true;
      const u64 length = skip_line(UINT64_MAX, blank);
      if (blank) continue;
      line = {{}, offset, length, "too_long", too_long_detail(length, max_line_)};
      return true;
    }
    const bool last = newline == std::string_view::npos;
    consume(bytes.size() + (last ? 0 : 1));
    if (!is_json_blank(bytes)) {
      line = {bytes, offset, bytes.size()};
      return true;
    }
    if (last) return false;
  }
}

}  // namespace shardmill
