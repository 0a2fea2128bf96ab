// A file is one document.
#include "engine/hash/hash.hpp"
#include "tests/operators/read/read_fixture.hpp"

namespace shardmill {
namespace {

using namespace std::string_literals;

class TextRead : public ReadTest {
 protected:
  TextRead() { source.format = Format::text; }
  std::string reason_of(const std::string& bytes) {
    const CollectingSink sink = read(bytes);
    EXPECT_EQ(sink.documents.size() + sink.rejections.size(), 1U);
    return sink.rejections.empty() ? "" : sink.rejections[0].reason;
  }
};

TEST_F(TextRead, OneDocument) {
  const std::string text = "first\nsecond \u00e9\n";
  for (const std::string& bytes : {text, "\xef\xbb\xbf" + text, gzip(text), zstd(text)}) {
    const CollectingSink sink = read(bytes);
    ASSERT_EQ(sink.documents.size(), 1U);
    EXPECT_EQ(sink.documents[0],
              (SeenDocument{0, hash128("web\0rel/file\0"s + text).hex(), text, {}}));
    EXPECT_EQ(sink.keys[0], DocKey::of(5, 0));
    EXPECT_EQ(counts.raw_bytes, bytes.size());
  }
  EXPECT_FALSE(splittable(source, write("plain", text)));
}

TEST_F(TextRead, NothingIsNoRecord) {
  for (const std::string& bytes : {""s, "\xef\xbb\xbf"s, gzip(""), zstd("")}) {
    const CollectingSink sink = read(bytes);
    EXPECT_EQ(sink.batches, 0);
    EXPECT_TRUE(sink.rejections.empty());
  }
  EXPECT_EQ(reason_of("\n"), "");
}

TEST_F(TextRead, WhatIsNotText) {
  EXPECT_EQ(reason_of("a\0b"s), "binary");
  EXPECT_EQ(reason_of(std::string(8191, 'x') + '\0'), "binary");
  EXPECT_EQ(reason_of(std::string(8192, 'x') + '\0'), "invalid_utf8");
  EXPECT_EQ(reason_of("caf\xe9"), "invalid_utf8");
  EXPECT_EQ(reason_of("\0\xff"s), "binary");
}

TEST_F(TextRead, TooLong) {
  source.max_record = 10;
  EXPECT_EQ(reason_of(std::string(10, 'x')), "");
  EXPECT_EQ(reason_of("\xef\xbb\xbf" + std::string(10, 'x')), "");
  EXPECT_EQ(reason_of(std::string(11, 'x')), "too_long");
  EXPECT_EQ(reason_of("\xef\xbb\xbf" + std::string(11, '\0')), "too_long");
  source.max_record = 500'000;
  EXPECT_EQ(reason_of(std::string(500'000, 'x')), "");
  EXPECT_EQ(reason_of(std::string(500'001, 'x')), "too_long");
  EXPECT_EQ(reason_of(zstd(std::string(5'000'000, 'x'))), "too_long");
}

TEST_F(TextRead, CorruptionBehindALongStartIsFound) {
  source.max_record = 10;
  const std::string bytes = gzip(std::string(1'000'000, 'x'));
  EXPECT_NE(error_of(bytes.substr(0, bytes.size() - 1), "a").find("corrupt"), std::string::npos);
}

}  // namespace
}  // namespace shardmill
