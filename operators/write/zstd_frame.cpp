#include "operators/write/zstd_frame.hpp"

#include <zstd.h>

#include <array>
#include <new>

#include "cluster/error.hpp"

namespace shardmill {
namespace {

std::size_t checked(std::size_t code) {
  if (ZSTD_isError(code) != 0) throw InternalError(std::string("zstd: ") + ZSTD_getErrorName(code));
  return code;
}

}  // namespace

void ZstdFrame::FreeContext::operator()(ZSTD_CCtx_s* context) const { ZSTD_freeCCtx(context); }

ZstdFrame::ZstdFrame() : context_(ZSTD_createCCtx()) {
  if (!context_) throw std::bad_alloc();
  checked(ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1));
}

void ZstdFrame::add(std::string_view bytes, std::string& out) { compress(bytes, false, out); }

void ZstdFrame::end(std::string& out) { compress({}, true, out); }

void ZstdFrame::compress(std::string_view bytes, bool last, std::string& out) {
  std::array<char, 1 << 16> block;
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  for (std::size_t left = 1; last ? left > 0 : in.pos < in.size;) {
    ZSTD_outBuffer to{block.data(), block.size(), 0};
    left = checked(
        ZSTD_compressStream2(context_.get(), &to, &in, last ? ZSTD_e_end : ZSTD_e_continue));
    out.append(block.data(), to.pos);
  }
}

}  // namespace shardmill
