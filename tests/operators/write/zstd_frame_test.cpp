#include "operators/write/zstd_frame.hpp"

#include <gtest/gtest.h>
#include <zstd.h>

#include <random>
#include <vector>

#include "cluster/types.hpp"

namespace shardmill {
namespace {

std::string unpacked(const std::string& frame, std::size_t most) {
  std::string bytes(most, '\0');
  const std::size_t n = ZSTD_decompress(bytes.data(), most, frame.data(), frame.size());
  if (ZSTD_isError(n) != 0) return ZSTD_getErrorName(n);
  bytes.resize(n);
  return bytes;
}

TEST(ZstdFrame, IsOneAndTheSameHoweverTheBytesCome) {
  std::mt19937_64 random(1);
  std::string text;
  while (text.size() < 3'000'000) text += static_cast<char>('a' + (random() % 7) * (random() % 3));
  std::string first;
  for (const std::size_t most : {text.size(), std::size_t{1}, std::size_t{100'000}}) {
    ZstdFrame frame;
    std::string packed;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t n = std::min(1 + random() % most, text.size() - at);
      frame.add(std::string_view(text).substr(at, n), packed);
      at += n;
    }
    frame.add("", packed);
    frame.end(packed);
    EXPECT_EQ(ZSTD_findFrameCompressedSize(packed.data(), packed.size()), packed.size());
    EXPECT_TRUE(unpacked(packed, text.size()) == text);
    if (first.empty()) first = packed;
    EXPECT_TRUE(packed == first) << most;
    packed[packed.size() - 1] = static_cast<char>(packed.back() ^ 1);
    EXPECT_NE(unpacked(packed, text.size()), text);  // its checksum
  }
}

TEST(ZstdFrame, OfNothingIsAFrame) {
  ZstdFrame frame;
  std::string packed;
  frame.end(packed);
  EXPECT_FALSE(packed.empty());
  EXPECT_EQ(unpacked(packed, 10), "");
}

}  // namespace
}  // namespace shardmill
