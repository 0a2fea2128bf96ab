#include "engine/store/array_file.hpp"

#include <gtest/gtest.h>

#include <random>

#include "engine/store/file.hpp"
#include "tests/cluster/temporary_folder.hpp"

namespace shardmill {
namespace {

const std::vector<u64> kNumbers = {1, 2, u64{1} << 63};
const std::vector<u8> kBytes = {7, 0, 9, 255, 1};
const std::vector<float> kFloats = {0.5F, -3};

std::string written() {
  ArrayFileWriter writer;
  writer.add(kNumbers);
  writer.add(kBytes);
  writer.add(std::vector<u32>());
  writer.add(kFloats);
  return writer.finish();
}

void expect_all(const ArrayFile& file) {
  const auto numbers = file.array<u64>(0);
  EXPECT_EQ(std::vector<u64>(numbers.begin(), numbers.end()), kNumbers);
  const auto bytes = file.array<u8>(1);
  EXPECT_EQ(std::vector<u8>(bytes.begin(), bytes.end()), kBytes);
  EXPECT_TRUE(file.array<u32>(2).empty());
  const auto floats = file.array<float>(3);
  EXPECT_EQ(std::vector<float>(floats.begin(), floats.end()), kFloats);
  for (const void* begin :
       {static_cast<const void*>(numbers.data()), static_cast<const void*>(bytes.data()),
        static_cast<const void*>(floats.data())}) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(begin) % 64, 0);
  }
}

TEST(ArrayFile, GivesBackWhatWasWritten) {
  const TemporaryFolder folder;
  const std::string bytes = written();
  ArrayFile held(bytes);
  EXPECT_FALSE(held.is_mapped());
  expect_all(held);
  write_file_atomically(folder.path() / "a", bytes);
  std::optional<ArrayFile> mapped = ArrayFile::open(folder.path() / "a");
  ASSERT_TRUE(mapped);
  EXPECT_TRUE(mapped->is_mapped());
  EXPECT_EQ(mapped->bytes(), bytes.size());
  expect_all(*mapped);
  // Moved, and a mapping in the place of memory of its own.
  held = std::move(*mapped);
  EXPECT_TRUE(held.is_mapped());
  expect_all(held);
}

TEST(ArrayFile, IsNotOpenedWhenDamaged) {
  const TemporaryFolder folder;
  const std::string bytes = written();
  const auto path = folder.path() / "a";
  EXPECT_FALSE(ArrayFile::open(path));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    write_file_atomically(path, bytes.substr(0, size));
    EXPECT_FALSE(ArrayFile::open(path)) << size;
  }
  std::mt19937_64 random(1);
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << random() % 8));
    write_file_atomically(path, damaged);
    EXPECT_FALSE(ArrayFile::open(path)) << at;
  }
}

TEST(ArrayFile, RefusesWhatIsNotThere) {
  const ArrayFile file(written());
  EXPECT_THROW((void)file.array<u64>(4), InternalError);
  EXPECT_THROW((void)file.array<u64>(1), InternalError);  // five bytes
  EXPECT_THROW(ArrayFile("nothing"), InternalError);
}

}  // namespace
}  // namespace shardmill
