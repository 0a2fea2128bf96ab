#include <zstd.h>

#include <new>

#include "operators/read/byte_stream.hpp"

namespace shardmill {
namespace {

// A window may be as large as the format's tools make it (zstd --long=31); the memory is taken
// only when a frame asks for it.
constexpr int kLargestWindowLog = 31;

struct FreeContext {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

class ZstdStream : public ByteStream {
 public:
  ZstdStream(std::unique_ptr<ByteStream> raw, std::string path)
      : raw_(std::move(raw)),
        path_(std::move(path)),
        input_(ZSTD_DStreamInSize()),
        context_(ZSTD_createDCtx()) {
    if (!context_) throw std::bad_alloc();
    const std::size_t code =
        ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, kLargestWindowLog);
    if (ZSTD_isError(code)) throw InternalError(std::string("zstd: ") + ZSTD_getErrorName(code));
  }

  std::size_t read(std::span<char> into) override {
    for (;;) {
      if (pending_.pos == pending_.size && !input_ended_) {
        const std::size_t got = raw_->read(input_);
        input_ended_ = got == 0;
        pending_ = {input_.data(), got, 0};
      }
      // At the end of the input the decoder may still hold decoded bytes back.
      if (input_ended_ && !in_frame_) return 0;
      ZSTD_outBuffer out{into.data(), into.size(), 0};
      const std::size_t code = ZSTD_decompressStream(context_.get(), &out, &pending_);
      decoded_ += out.pos;
      if (ZSTD_isError(code)) fail(ZSTD_getErrorName(code));
      in_frame_ = code != 0;
      if (out.pos > 0) return out.pos;
      if (input_ended_ && in_frame_) fail("the file is truncated");
    }
  }
  [[nodiscard]] u64 raw_bytes() const override { return raw_->raw_bytes(); }

 private:
  [[noreturn]] void fail(const std::string& reason) const {
    throw DataError(path_ + ": corrupt zstd data after decoded offset " + std::to_string(decoded_) +
                    ": " + reason);
  }

  std::unique_ptr<ByteStream> raw_;
  std::string path_;
  std::vector<char> input_;
  ZSTD_inBuffer pending_{nullptr, 0, 0};
  std::unique_ptr<ZSTD_DCtx, FreeContext> context_;
  u64 decoded_ = 0;
  bool input_ended_ = false;
  bool in_frame_ = false;
};

}  // namespace

std::unique_ptr<ByteStream> decode_zstd(std::unique_ptr<ByteStream> raw, std::string path) {
  return std::make_unique<ZstdStream>(std::move(raw), std::move(path));
}

}  // namespace shardmill
