// One zstd frame of a stream of bytes, the same for the same bytes however they come.
#pragma once

#include <memory>
#include <string>
#include <string_view>

struct ZSTD_CCtx_s;

namespace shardmill {

// RFC 8878; with a checksum, so that a reader knows a damaged file. One thread. Memory: some MiB.
class ZstdFrame {
 public:
  ZstdFrame();
  // Appends to `out` as much of the frame as is known.
  void add(std::string_view bytes, std::string& out);
  // Appends the rest; nothing may come after it.
  void end(std::string& out);

 private:
  struct FreeContext {
    void operator()(ZSTD_CCtx_s* context) const;
  };
  void compress(std::string_view bytes, bool last, std::string& out);
  std::unique_ptr<ZSTD_CCtx_s, FreeContext> context_;
};

}  // namespace shardmill
