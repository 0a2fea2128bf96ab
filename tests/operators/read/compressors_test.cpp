// What the tests compress with: zlib and libzstd themselves, not what reading uses.
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "tests/operators/read/read_fixture.hpp"

namespace shardmill {

std::string gzip(const std::string& bytes, int level) {
  z_stream stream{};
  constexpr int kGzipWrapper = 16;
  EXPECT_EQ(deflateInit2(&stream, level, Z_DEFLATED, kGzipWrapper + MAX_WBITS, 8, 0), Z_OK);
  std::string out(deflateBound(&stream, bytes.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = narrow<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = narrow<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string zstd(const std::string& bytes, int window_log) {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  if (window_log > 0) {
    ZSTD_CCtx_setParameter(context, ZSTD_c_enableLongDistanceMatching, 1);
    ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_log);
    ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
  }
  std::string out(ZSTD_compressBound(bytes.size()) + 64, '\0');
  // As a stream of unknown length, so that the window is the one asked for.
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  ZSTD_outBuffer to{out.data(), out.size(), 0};
  ZSTD_compressStream2(context, &to, &in, ZSTD_e_flush);
  EXPECT_EQ(ZSTD_compressStream2(context, &to, &in, ZSTD_e_end), 0U);
  out.resize(to.pos);
  ZSTD_freeCCtx(context);
  return out;
}

AsNobody::AsNobody() : was_root_(::geteuid() == 0) {
  constexpr uid_t kNobody = 65534;
  if (was_root_ && ::seteuid(kNobody) != 0) ADD_FAILURE() << "cannot become nobody";
}
AsNobody::~AsNobody() {
  if (was_root_ && ::seteuid(0) != 0) ADD_FAILURE() << "cannot become root again";
}

TEST(Compressors, StartWithTheirMagicNumbers) {
  EXPECT_TRUE(gzip("a").starts_with("\x1f\x8b"));
  EXPECT_TRUE(zstd("a").starts_with("\x28\xb5\x2f\xfd"));
}

}  // namespace shardmill
