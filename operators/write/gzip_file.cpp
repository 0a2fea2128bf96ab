#include "operators/write/gzip_file.hpp"

#include <zlib.h>

#include <array>

namespace shardmill {

GzipFile::GzipFile(const std::filesystem::path& path)
    : file_(path), stream_(std::make_unique<z_stream>()) {
  constexpr int kGzip = 16 + MAX_WBITS;  // zlib writes no name and no time by itself
  constexpr int kMemory = 8;
  if (deflateInit2(stream_.get(), Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzip, kMemory,
                   Z_DEFAULT_STRATEGY) != Z_OK) {
    throw ResourceError(path.string() + ": zlib has no memory");
  }
}

GzipFile::~GzipFile() { deflateEnd(stream_.get()); }

void GzipFile::write(std::string_view bytes) { deflate_all(bytes, Z_NO_FLUSH); }

void GzipFile::commit() {
  deflate_all({}, Z_FINISH);
  file_.commit();
}

void GzipFile::deflate_all(std::string_view bytes, int flush) {
  std::array<char, 1 << 16> out;
  stream_->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream_->avail_in = narrow<u32>(bytes.size());
  do {
    stream_->next_out = reinterpret_cast<Bytef*>(out.data());
    stream_->avail_out = out.size();
    if (deflate(stream_.get(), flush) == Z_STREAM_ERROR) throw InternalError("zlib: deflate");
    file_.write({out.data(), out.size() - stream_->avail_out});
  } while (stream_->avail_out == 0);
}

}  // namespace shardmill
