// gzip and zstd: found by content, whole or an error.
#include <random>

#include "operators/read/byte_stream.hpp"
#include "tests/operators/read/read_fixture.hpp"

namespace shardmill {
namespace {

std::string lines(int count, int from = 0) {
  std::string all;
  for (int i = from; i < from + count; ++i) {
    all += "{\"text\":\"line " + std::to_string(i) + " " + std::to_string(i * i) + "\"}\n";
  }
  return all;
}

std::string skippable_frame() {
  return std::string("\x50\x2a\x4d\x18\x05\x00\x00\x00", 8) + "hello";
}

class CompressedRead : public ReadTest {
 protected:
  std::string decoded(const std::string& bytes, std::size_t step = 1 << 16) {
    const std::unique_ptr<ByteStream> stream = open_decoded(write("x", bytes));
    std::string all;
    std::vector<char> chunk(step);
    while (const std::size_t got = stream->read(chunk)) all.append(chunk.data(), got);
    EXPECT_EQ(stream->read(chunk), 0U);
    EXPECT_EQ(stream->raw_bytes(), bytes.size());
    return all;
  }
};

TEST_F(CompressedRead, SameDocumentsAsPlain) {
  const std::string text = lines(20'000);
  const CollectingSink plain = read(text);
  // Cut in the middle of a line: members and frames know nothing of lines.
  const std::string one = text.substr(0, 12'345);
  const std::string two = text.substr(12'345);
  for (const std::string& bytes :
       {gzip(text), gzip(one) + gzip(two), gzip("") + gzip(one, 0) + gzip("") + gzip(two, 1),
        zstd(text), zstd(one) + zstd(two), zstd("") + zstd(one) + skippable_frame() + zstd(two),
        skippable_frame() + zstd(text) + skippable_frame()}) {
    const CollectingSink packed = read(bytes, "no.ending");
    EXPECT_EQ(packed.documents, plain.documents);
    EXPECT_EQ(counts.raw_bytes, bytes.size());
    EXPECT_EQ(counts.decoded_bytes, text.size());
    EXPECT_FALSE(splittable(source, (folder_ / "no.ending").string()));
  }
}

TEST_F(CompressedRead, AnyBufferSize) {
  std::mt19937_64 random(3);
  std::string text = lines(3000);
  for (int i = 0; i < 50'000; ++i) text += static_cast<char>(random());
  for (const std::size_t step : {1U, 2U, 7U, 100U, 4096U, 1'000'000U}) {
    EXPECT_TRUE(decoded(gzip(text) + gzip(text), step) == text + text) << step;
    EXPECT_TRUE(decoded(zstd(text) + zstd(text), step) == text + text) << step;
  }
}

TEST_F(CompressedRead, LargeWindow) {
  // Twice the same random 3 MiB: found again only with a window that large.
  std::mt19937_64 random(5);
  std::string text(3 << 20, '\0');
  for (char& c : text) c = static_cast<char>(random());
  text += text;
  const std::string bytes = zstd(text, 28);
  EXPECT_LT(bytes.size(), text.size() * 2 / 3);
  EXPECT_TRUE(decoded(bytes) == text);
}

TEST_F(CompressedRead, TruncatedAnywhereIsAnError) {
  const std::string text = lines(20);
  struct Case {
    const char* name;
    std::string bytes;
    std::size_t whole;  // a cut here is whole: the end of the first of two
  };
  for (const auto& [name, bytes, whole] :
       {Case{"a.gz", gzip(text), 0}, Case{"b.gz", gzip(text) + gzip(text), gzip(text).size()},
        Case{"a.zst", zstd(text), 0}, Case{"b.zst", zstd(text) + zstd(text), zstd(text).size()}}) {
    for (std::size_t size = 1; size < bytes.size(); ++size) {
      if (size == whole) continue;
      const std::string message = error_of(bytes.substr(0, size), name);
      EXPECT_NE(message.find("corrupt"), std::string::npos) << message;
      EXPECT_NE(message.find(name), std::string::npos) << message;
      EXPECT_NE(message.find("after decoded offset"), std::string::npos) << message;
    }
    EXPECT_EQ(read(bytes.substr(0, whole), name).documents.size(), whole > 0 ? 20U : 0U);
  }
}

TEST_F(CompressedRead, EveryFlippedBitIsAnErrorOrHarmless) {
  const std::string text = lines(10);
  for (const auto& [name, bytes] :
       {std::pair("a.gz", gzip(text)), std::pair("a.zst", zstd(text))}) {
    int harmless = 0;
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
      std::string broken = bytes;
      broken[bit / 8] = static_cast<char>(broken[bit / 8] ^ (1 << bit % 8));
      const std::string path = write(name, broken);
      try {
        CollectingSink sink;
        read_path(path, sink);
        ASSERT_EQ(sink.documents.size(), 10U) << name << " bit " << bit;
        ++harmless;
      } catch (const DataError&) {
      }
    }
    // gzip's header has a time, an operating system and hints; zstd's one unused bit.
    EXPECT_LE(harmless, 60) << name;
  }
}

TEST_F(CompressedRead, BytesBehindTheEndAreCorruption) {
  const std::string text = lines(3);
  using namespace std::string_literals;
  for (const std::string& junk : {"\0"s, "\0\0\0\0\0\0\0\0"s, "x"s, "\x1f"s, "junk junk junk"s}) {
    const std::string message = error_of(gzip(text) + junk, "a.gz");
    EXPECT_NE(message.find("corrupt gzip"), std::string::npos) << message;
    // The first byte of a member alone may be a file that is cut short.
    EXPECT_NE(message.find(junk == "\x1f" ? "truncated" : "behind the last member"),
              std::string::npos)
        << message;
    EXPECT_NE(error_of(zstd(text) + junk, "a.zst").find("corrupt zstd"), std::string::npos);
  }
}

TEST_F(CompressedRead, WrongChecksums) {
  const std::string text = lines(3);
  for (std::size_t back = 1; back <= 8; ++back) {  // CRC and length
    std::string bytes = gzip(text);
    bytes[bytes.size() - back] = static_cast<char>(bytes[bytes.size() - back] + 1);
    EXPECT_NE(error_of(bytes, "a.gz").find("checksum"), std::string::npos);
  }
  std::string bytes = zstd(text);
  bytes.back() = static_cast<char>(bytes.back() + 1);
  EXPECT_NE(error_of(bytes, "a.zst").find("corrupt zstd"), std::string::npos);
}

TEST_F(CompressedRead, ANameThatPromisesTooMuch) {
  EXPECT_NE(error_of(lines(1), "a.jsonl.gz").find("a.jsonl.gz"), std::string::npos);
  EXPECT_NE(error_of(lines(1), "a.jsonl.zst").find("zstd"), std::string::npos);
  // The content decides: a wrong ending of the other kind is read.
  EXPECT_EQ(read(gzip(lines(2)), "a.zst").documents.size(), 2U);
}

TEST_F(CompressedRead, FilesThatDoNotOpen) {
  CollectingSink sink;
  const std::string missing = (folder_ / "missing").string();
  EXPECT_THROW(read_path(missing, sink), DataError);
  EXPECT_FALSE(splittable(source, missing));
  EXPECT_THROW(read_path(folder_.string(), sink), DataError);

  const std::string path = write("secret", lines(1));
  std::filesystem::permissions(folder_, std::filesystem::perms(0755));
  std::filesystem::permissions(path, std::filesystem::perms::none);
  const AsNobody nobody;
  try {
    read_path(path, sink);
    ADD_FAILURE() << "read a file without permission";
  } catch (const DataError& error) {
    EXPECT_NE(std::string(error.what()).find("Permission denied"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find(path), std::string::npos);
  }
}

}  // namespace
}  // namespace shardmill
