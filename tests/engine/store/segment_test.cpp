#include "engine/store/segment.hpp"

#include <gtest/gtest.h>

#include <random>

#include "tests/cluster/temporary_folder.hpp"

namespace shardmill {
namespace {

std::string random_section(std::mt19937_64& random) {
  const std::size_t size = std::size_t{1} << (random() % 20);
  std::string bytes(random() % size, '\0');
  const u64 letters = 1 + random() % 256;  // from one repeated byte to noise
  for (char& c : bytes) c = static_cast<char>(random() % letters);
  return bytes;
}

std::map<std::string, std::string> write_random(const std::filesystem::path& path, u64 seed) {
  std::mt19937_64 random(seed);
  SegmentWriter writer(path, 1 + static_cast<int>(seed % 3));
  std::map<std::string, std::string> sections;
  for (u64 n = random() % 12; n > 0; --n) {
    const std::string name = "section/" + std::to_string(random());
    sections[name] = random_section(random);
    writer.add(name, sections[name]);
  }
  const u64 bytes = writer.commit();
  EXPECT_EQ(bytes, std::filesystem::file_size(path));
  return sections;
}

TEST(Segment, GivesBackEverySection) {
  const TemporaryFolder folder;
  for (u64 seed = 0; seed < 40; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const auto sections = write_random(folder / "s", seed);
    const SegmentReader reader(folder / "s");
    EXPECT_EQ(reader.names().size(), sections.size());
    EXPECT_EQ(reader.size(), std::filesystem::file_size(folder / "s"));
    for (const auto& [name, bytes] : sections) {
      ASSERT_TRUE(reader.has(name));
      EXPECT_EQ(reader.section_bytes(name), bytes.size());
      EXPECT_EQ(reader.read(name), bytes);
    }
    EXPECT_FALSE(reader.has("other"));
    EXPECT_THROW((void)reader.read("other"), DataError);
  }
}

TEST(Segment, KeepsTheOrderOfNamesAndCompresses) {
  const TemporaryFolder folder;
  SegmentWriter writer(folder / "s");
  writer.add("z", std::string(5 << 20, 'z'));
  writer.add("a", "");
  writer.add("", "no name");
  EXPECT_THROW(writer.add("a", "again"), InternalError);
  EXPECT_LT(writer.commit(), 10'000u);
  const SegmentReader reader(folder / "s");
  EXPECT_EQ(reader.names(), (std::vector<std::string>{"z", "a", ""}));
  EXPECT_EQ(reader.read("z"), std::string(5 << 20, 'z'));
  EXPECT_EQ(reader.read("a"), "");
  EXPECT_EQ(reader.read(""), "no name");
}

TEST(Segment, IsNotThereBeforeCommit) {
  const TemporaryFolder folder;
  {
    SegmentWriter writer(folder / "s");
    writer.add("a", "A");
  }
  EXPECT_TRUE(folder.names().empty());
}

// Reads everything; the only failure allowed is a DataError that names the file.
bool reads_whole(const std::filesystem::path& path) {
  try {
    const SegmentReader reader(path);
    for (const std::string& name : reader.names()) (void)reader.read(name);
    return true;
  } catch (const DataError& error) {
    EXPECT_TRUE(std::string(error.what()).starts_with(path.string())) << error.what();
    return false;
  }
}

TEST(Segment, EveryTruncationIsFound) {
  const TemporaryFolder folder;
  SegmentWriter writer(folder / "s");
  writer.add("one", "some text");
  writer.add("two", std::string(1000, 'x'));
  writer.commit();
  const std::string whole = read_whole_file(folder / "s");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    write_file_atomically(folder / "cut", whole.substr(0, size));
    EXPECT_FALSE(reads_whole(folder / "cut")) << "cut to " << size << " bytes";
  }
  EXPECT_TRUE(reads_whole(folder / "s"));
}

TEST(Segment, EveryChangedByteIsFound) {
  const TemporaryFolder folder;
  SegmentWriter writer(folder / "s");
  writer.add("one", "some text that is no longer than this");
  writer.add("two", std::string(1000, 'x'));
  writer.commit();
  const std::string whole = read_whole_file(folder / "s");
  // Bits of a zstd frame's header may mean nothing (window size); the section's bytes then stand.
  std::size_t unnoticed = 0;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    for (const int bit : {0, 3, 7}) {
      std::string changed = whole;
      changed[i] = static_cast<char>(changed[i] ^ (1 << bit));
      write_file_atomically(folder / "changed", changed);
      if (!reads_whole(folder / "changed")) continue;
      const SegmentReader reader(folder / "changed");
      EXPECT_EQ(reader.read("one"), "some text that is no longer than this");
      EXPECT_EQ(reader.read("two"), std::string(1000, 'x'));
      ++unnoticed;
    }
  }
  EXPECT_LE(unnoticed, 8u);
}

TEST(Segment, AForeignFileIsNamed) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "foreign", std::string(1000, 'f'));
  EXPECT_FALSE(reads_whole(folder / "foreign"));
}

}  // namespace
}  // namespace shardmill
