#include "engine/store/segment.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <random>

#include "engine/hash/hash.hpp"
#include "engine/store/little_endian.hpp"
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

// A quarter of noise is one run of zeros: zstd would take it, but reading would be slower.
TEST(Segment, WhatHardlyShrinksIsStoredAsItIs) {
  const TemporaryFolder folder;
  std::mt19937_64 random(1);
  std::string noise(1 << 20, '\0');
  for (char& c : std::span(noise).first(800'000)) c = static_cast<char>(random());
  SegmentWriter writer(folder / "s");
  writer.add("noise", noise);
  EXPECT_GT(writer.commit(), noise.size());
  EXPECT_EQ(SegmentReader(folder / "s").read("noise"), noise);
  // The middle says nothing of what is cut.
  SegmentWriter cut(folder / "cut");
  cut.add("noise", noise, std::array<std::size_t, 1>{500'000});
  EXPECT_LT(cut.commit(), noise.size() - 200'000);
  EXPECT_EQ(SegmentReader(folder / "cut").read("noise"), noise);
  EXPECT_THROW(SegmentWriter(folder / "t").add("a", "abc", std::array<std::size_t, 1>{4}),
               InternalError);
  EXPECT_THROW(SegmentWriter(folder / "t").add("a", "abc", std::array<std::size_t, 2>{2, 1}),
               InternalError);
}

TEST(Segment, IsNotThereBeforeCommit) {
  const TemporaryFolder folder;
  {
    SegmentWriter writer(folder / "s");
    writer.add("a", "A");
  }
  EXPECT_TRUE(folder.names().empty());
}

// In up to 6 frames, some of them empty.
std::vector<std::size_t> random_cuts(std::mt19937_64& random, std::size_t bytes) {
  std::vector<std::size_t> cuts;
  for (u64 n = random() % 6; n > 0; --n) cuts.push_back(random() % (bytes + 1));
  std::sort(cuts.begin(), cuts.end());
  return cuts;
}

TEST(Segment, GivesPiecesOfASectionInAnyOrder) {
  const TemporaryFolder folder;
  SectionPieces pieces;  // what an earlier section left behind must go
  for (u64 seed = 0; seed < 100; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    const std::string bytes = seed == 0 ? "" : random_section(random);
    SegmentWriter writer(folder / "s");
    writer.add("before", "other");
    writer.add("cut", bytes, random_cuts(random, bytes.size()));
    writer.add("after", "other");
    writer.commit();
    const SegmentReader reader(folder / "s");
    EXPECT_EQ(reader.read("cut"), bytes);
    reader.open("cut", pieces);
    ASSERT_EQ(pieces.size(), bytes.size());
    for (int n = 0; n < 20; ++n) {
      const u64 begin = random() % (bytes.size() + 1);
      const u64 length = random() % (bytes.size() - begin + 1);
      ASSERT_EQ(pieces.get(begin, length), std::string_view(bytes).substr(begin, length));
    }
    EXPECT_THROW((void)pieces.get(0, bytes.size() + 1), DataError);
    EXPECT_THROW((void)pieces.get(bytes.size() + 1, 0), DataError);
  }
}

TEST(Segment, APieceIsReadWithoutTheOthers) {
  const TemporaryFolder folder;
  const std::string bytes = std::string(1000, 'a') + std::string(1000, 'b');
  {
    SegmentWriter writer(folder / "s");
    writer.add("cut", bytes, std::array<std::size_t, 1>{1000});
    writer.commit();
  }
  std::string file = read_whole_file(folder / "s");
  const std::size_t second = file.find("\x28\xb5\x2f\xfd", 9);  // where zstd frames begin
  ASSERT_NE(second, std::string::npos);
  file[second - 1] ^= 1;  // the first one's last byte
  write_file_atomically(folder / "s", file);
  const SegmentReader reader(folder / "s");
  SectionPieces pieces;
  reader.open("cut", pieces);
  EXPECT_EQ(pieces.get(1000, 1000), std::string(1000, 'b'));
  EXPECT_THROW((void)pieces.get(999, 2), DataError);
  EXPECT_THROW((void)reader.read("cut"), DataError);
}

// Reads everything; the only failure allowed is a DataError that names the file.
bool reads_whole(const std::filesystem::path& path) {
  try {
    const SegmentReader reader(path);
    SectionPieces pieces;
    for (const std::string& name : reader.names()) {
      reader.open(name, pieces);
      const std::string in_pieces(pieces.get(0, pieces.size()));
      EXPECT_EQ(reader.read(name), in_pieces);
    }
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
  writer.add("two", std::string(1000, 'x'), std::array<std::size_t, 2>{0, 400});
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
  writer.add("two", std::string(1000, 'x'), std::array<std::size_t, 2>{0, 400});
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

void change(std::string& bytes, std::mt19937_64& random) {
  for (u64 n = 1 + random() % 3; n > 0 && !bytes.empty(); --n) {
    const std::size_t at = random() % bytes.size();
    switch (random() % 5) {
      case 0:
        bytes.resize(at);
        break;
      case 1:
        bytes.insert(at, bytes, random() % bytes.size(), random() % 40);
        break;
      case 2:
        bytes.erase(at, 1 + random() % 40);
        break;
      case 3:
        bytes.replace(at, 8, 8, static_cast<char>(random()));
        break;
      default:
        bytes[at] = static_cast<char>(random());
    }
  }
}

// As if written so: what is behind the checksum of the index is wrong, not the index by itself.
void seal(std::string& segment, std::mt19937_64& random) {
  constexpr std::size_t kTrailer = 32;
  if (segment.size() < 2 * kTrailer) return;
  const std::size_t end = segment.size() - kTrailer;
  const std::size_t begin = end - random() % std::min<std::size_t>(end, 300);
  std::string trailer;
  append_u64(trailer, begin);
  append_u64(trailer, end - begin);
  append_u64(trailer, hash64(std::string_view(segment).substr(begin, end - begin)));
  segment.replace(end, trailer.size(), trailer);
}

// 10^5 damaged segments, 10^6 with SHARDMILL_LONG=1.
TEST(SegmentFuzz, AnErrorOrTheRightSections) {
  const TemporaryFolder folder;
  std::mt19937_64 random(3);
  const int rounds = std::getenv("SHARDMILL_LONG") != nullptr ? 1000 : 100;
  u64 read = 0;
  for (int round = 0; round < rounds; ++round) {
    std::map<std::string, std::string> sections;
    {
      SegmentWriter writer(folder / "s");
      for (u64 n = random() % 5; n > 0; --n) {
        const std::string name = "section/" + std::to_string(random());
        sections[name] = std::string(random() % 300, 'a') + name;
        writer.add(name, sections[name], random_cuts(random, sections[name].size()));
      }
      writer.commit();
    }
    const std::string whole = read_whole_file(folder / "s");
    std::ofstream file(folder / "changed", std::ios::binary);
    for (int i = 0; i < 1000; ++i) {
      std::string changed = whole;
      change(changed, random);
      if (i % 3 == 0) seal(changed, random);
      // In place: making a file takes longer than reading it.
      file.seekp(0).write(changed.data(), static_cast<std::streamsize>(changed.size())).flush();
      std::filesystem::resize_file(folder / "changed", changed.size());
      // What a sealed index says is what was written.
      if (!reads_whole(folder / "changed") || i % 3 == 0) continue;
      const SegmentReader reader(folder / "changed");
      ASSERT_EQ(reader.names().size(), sections.size());
      for (const std::string& name : reader.names()) {
        ASSERT_EQ(reader.read(name), sections.at(name));
        ++read;
      }
    }
  }
  EXPECT_GT(read, 100U);
}

TEST(Segment, AForeignFileIsNamed) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "foreign", std::string(1000, 'f'));
  EXPECT_FALSE(reads_whole(folder / "foreign"));
}

}  // namespace
}  // namespace shardmill
