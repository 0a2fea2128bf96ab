#include "engine/batch/wire.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace shardmill {
namespace {

TEST(Wire, IsLittleEndianWithLengthsBefore) {
  std::string bytes;
  WireWriter out(bytes);
  out.number(0x0102);
  out.text("ab");
  out.array(std::vector<u32>{7});
  EXPECT_EQ(bytes, std::string("\x02\x01\0\0\0\0\0\0"
                               "\x02\0\0\0\0\0\0\0ab"
                               "\x01\0\0\0\0\0\0\0\x07\0\0\0",
                               30));
}

TEST(Wire, GivesBackWhatWasWrittenInOrder) {
  const std::vector<u64> numbers = {0, 1, UINT64_MAX};
  const std::vector<u32> nothing;
  const std::string text("a\0b\xff", 4);
  std::string bytes = "kept";  // writing appends
  WireWriter out(bytes);
  out.number(UINT64_MAX);
  out.text(text);
  out.text("");
  out.array(numbers);
  out.array(nothing);

  WireReader in(std::string_view(bytes).substr(4), "a test");
  std::vector<u64> numbers_back = {9};
  std::vector<u32> nothing_back = {9};
  EXPECT_EQ(in.number(), UINT64_MAX);
  EXPECT_EQ(in.text(), text);
  EXPECT_EQ(in.text(), "");
  in.array(numbers_back);
  EXPECT_FALSE(in.done());
  in.array(nothing_back);
  EXPECT_TRUE(in.done());
  EXPECT_EQ(numbers_back, numbers);
  EXPECT_TRUE(nothing_back.empty());
}

TEST(Wire, EveryCutIsAnErrorThatNamesTheBytes) {
  std::string bytes;
  WireWriter out(bytes);
  out.number(5);
  out.text("abc");
  out.array(std::vector<u64>{1, 2});
  const auto read = [](std::string_view from) {
    WireReader in(from, "the thing");
    (void)in.number();
    (void)in.text();
    std::vector<u64> values;
    in.array(values);
  };
  EXPECT_NO_THROW(read(bytes));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    try {
      read(std::string_view(bytes).substr(0, size));
      ADD_FAILURE() << "cut at " << size;
    } catch (const DataError& error) {
      EXPECT_STREQ(error.what(), "the thing: ends too early");
    }
  }
}

TEST(Wire, ACountThatCannotBeIsNoAllocation) {
  std::string bytes;
  WireWriter(bytes).number(u64{1} << 61);  // times 8 is 0 modulo 2^64
  bytes += "12345678";
  std::vector<u64> values;
  EXPECT_THROW(WireReader(bytes, "x").array(values), DataError);
  EXPECT_THROW((void)WireReader(bytes, "x").text(), DataError);
}

TEST(Wire, SortableBytesSortLikeNumbers) {
  std::mt19937_64 random(1);
  std::vector<u64> numbers = {0, 1, 255, 256, u64{1} << 63, UINT64_MAX};
  for (int i = 0; i < 100; ++i) numbers.push_back(random() >> (random() % 64));
  std::sort(numbers.begin(), numbers.end());
  std::string before;
  for (const u64 number : numbers) {
    std::string bytes;
    append_sortable(bytes, number);
    ASSERT_EQ(bytes.size(), 8U);
    EXPECT_EQ(read_sortable(bytes), number);
    EXPECT_EQ(read_sortable(bytes + "more"), number);
    EXPECT_GE(bytes, before);
    before = bytes;
  }
}

}  // namespace
}  // namespace shardmill
