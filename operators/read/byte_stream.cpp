#include "operators/read/byte_stream.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

namespace shardmill {
namespace {

class PlainFile : public ByteStream {
 public:
  PlainFile(const std::string& path, u64 offset)
      : path_(path), fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (fd_ < 0) throw DataError(path_ + ": cannot open: " + std::strerror(errno));
    if (offset > 0 && ::lseek(fd_, narrow<off_t>(offset), SEEK_SET) < 0) {
      const int error = errno;
      ::close(fd_);
      throw DataError(path_ + ": cannot seek to offset " + std::to_string(offset) + ": " +
                      std::strerror(error));
    }
    start_ = offset;
    // Only advice: a file system that ignores it reads just as right.
    (void)::posix_fadvise(fd_, 0, 0, POSIX_FADV_SEQUENTIAL);
  }
  ~PlainFile() override { ::close(fd_); }
  PlainFile(const PlainFile&) = delete;
  PlainFile& operator=(const PlainFile&) = delete;

  std::size_t read(std::span<char> into) override {
    for (;;) {
      const ssize_t got = ::read(fd_, into.data(), into.size());
      if (got >= 0) {
        read_ += static_cast<u64>(got);
        return static_cast<std::size_t>(got);
      }
      if (errno != EINTR) fail(start_ + read_);
    }
  }
  [[nodiscard]] u64 raw_bytes() const override { return read_; }

  // The first bytes of the file, fewer when it is shorter; does not move the reading position.
  std::string head(std::size_t size) {
    std::string bytes(size, '\0');
    std::size_t have = 0;
    while (have < size) {
      const ssize_t got = ::pread(fd_, bytes.data() + have, size - have, static_cast<off_t>(have));
      if (got == 0) break;
      if (got > 0) {
        have += static_cast<std::size_t>(got);
      } else if (errno != EINTR) {
        fail(have);
      }
    }
    bytes.resize(have);
    return bytes;
  }

 private:
  [[noreturn]] void fail(u64 offset) const {
    throw DataError(path_ + ": cannot read at offset " + std::to_string(offset) + ": " +
                    std::strerror(errno));
  }

  std::string path_;
  int fd_;
  u64 start_ = 0;
  u64 read_ = 0;
};

Compression recognise(PlainFile& file, const std::string& path) {
  using namespace std::string_view_literals;
  const std::string head = file.head(4);
  if (head.starts_with("\x1f\x8b"sv)) return Compression::gzip;
  if (head == "\x28\xb5\x2f\xfd"sv) return Compression::zstd;
  // A skippable frame may come first: pzstd writes one.
  if (head.size() == 4 && (static_cast<u8>(head[0]) & 0xf0U) == 0x50 &&
      head.ends_with("\x2a\x4d\x18"sv)) {
    return Compression::zstd;
  }
  for (const auto& [ending, kind] : {std::pair(".gz"sv, "gzip"sv), std::pair(".zst"sv, "zstd"sv)}) {
    if (!head.empty() && path.ends_with(ending)) {
      throw DataError(path + ": corrupt " + std::string(kind) +
                      " data after decoded offset 0: the name says " + std::string(kind) +
                      ", the first bytes do not");
    }
  }
  return Compression::none;
}

}  // namespace

Compression compression_of(const std::string& path) {
  PlainFile file(path, 0);
  return recognise(file, path);
}

std::unique_ptr<ByteStream> open_plain(const std::string& path, u64 offset) {
  return std::make_unique<PlainFile>(path, offset);
}

std::unique_ptr<ByteStream> open_decoded(const std::string& path) {
  auto file = std::make_unique<PlainFile>(path, 0);
  switch (recognise(*file, path)) {
    case Compression::gzip:
      return decode_gzip(std::move(file), path);
    case Compression::zstd:
      return decode_zstd(std::move(file), path);
    case Compression::none:
      break;
  }
  return file;
}

}  // namespace shardmill
