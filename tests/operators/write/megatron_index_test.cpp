#include "operators/write/megatron_index.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "engine/store/little_endian.hpp"

namespace shardmill {
namespace {

namespace fs = std::filesystem;

constexpr u64 kBegin = 4096;

class MegatronIndex : public testing::Test {
 protected:
  MegatronIndex()
      : folder_(fs::temp_directory_path() / ("index-" + std::to_string(getpid()))),
        path_(folder_ / "a.idx") {}
  ~MegatronIndex() override { fs::remove_all(folder_); }

  static u64 tokens_of(u64 document) { return 1 + document % 5; }
  void write(u64 documents, const TokenFormat& format) {
    MegatronIndexWriter writer(path_, documents, format, kBegin);
    for (u64 i = 0; i < documents; ++i) writer.add(tokens_of(i));
    EXPECT_EQ(writer.commit().bytes, 42 + 20 * documents);
  }
  void check(u64 documents, const TokenFormat& format) {
    MegatronIndexCheck check(path_, documents, format, kBegin);
    for (u64 i = 0; i < documents; ++i) check.next(tokens_of(i));
  }

  fs::path folder_;
  fs::path path_;
};

// Byte by byte as the table in megatron_index.hpp; more documents than a buffer holds.
TEST_F(MegatronIndex, IsWhatItsReaderExpects) {
  for (const u64 vocabulary : {65'536U, 65'537U}) {
    for (const u64 documents : {u64{0}, u64{1}, u64{50'000}}) {
      const TokenFormat format{"t", vocabulary, 1};
      std::string expected("MMIDIDX\0\0\1\0\0\0\0\0\0\0", 17);
      expected += vocabulary == 65'536U ? '\x08' : '\x04';
      append_u64(expected, documents);
      append_u64(expected, documents + 1);
      for (u64 i = 0; i < documents; ++i) append_u32(expected, narrow<u32>(tokens_of(i)));
      u64 at = kBegin;
      for (u64 i = 0; i < documents; ++i) {
        append_u64(expected, at);
        at += tokens_of(i) * (vocabulary == 65'536U ? 2 : 4);
      }
      for (u64 i = 0; i <= documents; ++i) append_u64(expected, i);
      write(documents, format);
      EXPECT_TRUE(read_whole_file(path_) == expected);
      EXPECT_NO_THROW(check(documents, format));
    }
  }
}

TEST_F(MegatronIndex, EveryOtherByteIsFound) {
  const TokenFormat format{"t", 300, 1};
  write(9, format);
  const std::string whole = read_whole_file(path_);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string changed = whole;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    write_file_atomically(path_, changed);
    EXPECT_THROW(check(9, format), DataError) << i;
  }
  write_file_atomically(path_, whole.substr(0, whole.size() - 1));
  EXPECT_THROW(check(9, format), DataError);
}

TEST_F(MegatronIndex, AppearsOnlyWhenItIsWhole) {
  {
    MegatronIndexWriter writer(path_, 2, {"t", 300, 1}, kBegin);
    writer.add(3);
    EXPECT_THROW((void)writer.commit(), InternalError);
    writer.add(3);
    EXPECT_THROW(writer.add(3), InternalError);
  }
  EXPECT_TRUE(fs::is_empty(folder_));
}

}  // namespace
}  // namespace shardmill
