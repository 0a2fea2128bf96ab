#include "engine/plan/fragments.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

namespace shardmill {
namespace {

constexpr u64 kLimit = 100;

Catalog catalog_of(const std::vector<std::pair<u32, u64>>& epoch_and_size) {
  Catalog catalog;
  for (const auto& [epoch, size] : epoch_and_size) {
    FileVersion file;
    file.ordinal = catalog.files.size();
    file.epoch = epoch;
    file.size = size;
    catalog.files.push_back(file);
    catalog.epoch = epoch;
  }
  return catalog;
}

Catalog random_catalog(std::mt19937_64& random) {
  std::vector<std::pair<u32, u64>> files;
  u32 epoch = 1;
  for (int i = 0; i < 60; ++i) {
    if (random() % 8 == 0) ++epoch;
    const u64 sizes[] = {0, random() % 20, random() % 120, kLimit, kLimit + 1, random() % 1000};
    files.emplace_back(epoch, sizes[random() % 6]);
  }
  return catalog_of(files);
}

// "epoch: ordinal[begin,end) …" of each fragment.
std::vector<std::string> described(const std::vector<Fragment>& fragments) {
  std::vector<std::string> texts;
  for (const Fragment& fragment : fragments) {
    std::string text = std::to_string(fragment.epoch) + ":";
    for (const Piece& piece : fragment.pieces) {
      text += " " + std::to_string(piece.ordinal);
      if (piece.begin != 0 || piece.end != UINT64_MAX) {
        text += "[" + std::to_string(piece.begin) + "," +
                (piece.end == UINT64_MAX ? "" : std::to_string(piece.end)) + ")";
      }
    }
    texts.push_back(text);
  }
  return texts;
}

std::vector<Fragment> cut(const Catalog& catalog, bool splittable = true) {
  return cut_fragments(
      catalog, [&](const FileVersion&) { return splittable; }, kLimit);
}

TEST(Fragments, ArePackedCutAndKeptApartByEpoch) {
  const Catalog catalog =
      catalog_of({{1, 60}, {1, 30}, {1, 10}, {1, 0}, {1, 250}, {1, 5}, {2, 5}, {2, 100}, {2, 101}});
  EXPECT_EQ(
      described(cut(catalog)),
      (std::vector<std::string>{"1: 0 1 2", "1: 3", "1: 4[0,100)", "1: 4[100,200)", "1: 4[200,)",
                                "1: 5", "2: 6 7", "2: 8[0,100)", "2: 8[100,)"}));
  EXPECT_EQ(described(cut(catalog, false)),
            (std::vector<std::string>{"1: 0 1 2", "1: 3", "1: 4", "1: 5", "2: 6 7", "2: 8"}));
  EXPECT_TRUE(cut(Catalog()).empty());
}

TEST(Fragments, CoverEveryByteOnceInOrder) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 50; ++round) {
    const Catalog catalog = random_catalog(random);
    std::map<u64, u64> reached;  // ordinal -> end of what is covered
    u64 last = 0;
    for (const Fragment& fragment : cut(catalog)) {
      u64 bytes = 0;
      ASSERT_FALSE(fragment.pieces.empty());
      for (const Piece& piece : fragment.pieces) {
        const FileVersion& file = catalog.files[piece.ordinal];
        EXPECT_EQ(file.epoch, fragment.epoch);
        EXPECT_GE(piece.ordinal, last);
        last = piece.ordinal;
        EXPECT_EQ(piece.begin, reached[piece.ordinal]);
        EXPECT_TRUE(piece.begin < piece.end);
        reached[piece.ordinal] = piece.end;
        bytes += std::min(piece.end, file.size) - piece.begin;
      }
      EXPECT_EQ(fragment.bytes, bytes);
      EXPECT_LT(fragment.bytes, 2 * kLimit);
    }
    EXPECT_EQ(reached.size(), catalog.files.size()) << "every file, empty ones too";
    for (const auto& [ordinal, end] : reached) EXPECT_EQ(end, UINT64_MAX);
  }
}

TEST(Fragments, TombstonesAndLaterEpochsChangeNothing) {
  std::mt19937_64 random(2);
  for (int round = 0; round < 50; ++round) {
    Catalog catalog = random_catalog(random);
    const auto before = described(cut(catalog));
    for (FileVersion& file : catalog.files) file.tombstone = random() % 2 == 0;
    EXPECT_EQ(described(cut(catalog)), before);
    FileVersion more = catalog.files.back();
    more.ordinal = catalog.files.size();
    ++more.epoch;
    more.size = random() % 300;
    catalog.files.push_back(more);
    auto after = described(cut(catalog));
    ASSERT_GT(after.size(), before.size());
    after.resize(before.size());
    EXPECT_EQ(after, before) << "what is committed stays as it was cut";
  }
}

TEST(Fragments, WhetherAFileMayBeCutChangesOnlyItsOwn) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 50; ++round) {
    const Catalog catalog = random_catalog(random);
    std::vector<std::string> whole, parts;
    for (const bool splittable : {false, true}) {
      for (const Fragment& fragment : cut(catalog, splittable)) {
        if (catalog.files[fragment.pieces[0].ordinal].size > kLimit) {
          EXPECT_EQ(fragment.pieces.size(), 1U) << "a large file is alone";
        } else {
          (splittable ? parts : whole).push_back(described({fragment})[0]);
        }
      }
    }
    EXPECT_EQ(parts, whole);
  }
}

TEST(Fragments, AnIndexFindsTheFragmentOfEachDocument) {
  std::mt19937_64 random(4);
  const Catalog catalog = random_catalog(random);
  const std::vector<Fragment> fragments = cut(catalog);
  const FragmentIndex index(fragments);
  for (std::size_t f = 0; f < fragments.size(); ++f) {
    for (const Piece& piece : fragments[f].pieces) {
      // The decoded stream of a file that is not cut may be longer than the file.
      const u64 last = piece.end == UINT64_MAX ? (u64{1} << 38) - 1 : piece.end - 1;
      for (const u64 offset : {piece.begin, (piece.begin + last) / 2, last}) {
        EXPECT_EQ(index.of(DocKey::of(piece.ordinal, offset)), f);
      }
    }
  }
  EXPECT_THROW((void)FragmentIndex({}).of(DocKey{}), InternalError);
}

TEST(Assignment, IsLongestFirstToTheLeastLoaded) {
  const auto ranks = assign_longest_first({5, 9, 1, 5, 0}, 2);
  // 9 to 0, 5 to 1, the other 5 to 1 (6 < 10), then 1 to 0 (10 < 12), 0 to 1 (12 = 12: the first).
  EXPECT_EQ(ranks, (std::vector<Rank>{{1}, {0}, {0}, {1}, {0}}));
  EXPECT_TRUE(assign_longest_first({}, 3).empty());
  std::mt19937_64 random(5);
  for (const u32 count : {1U, 2U, 3U, 5U}) {
    std::vector<u64> weights(200);
    for (u64& weight : weights) weight = random() % 1000;
    std::vector<u64> load(count, 0);
    const auto assigned = assign_longest_first(weights, count);
    for (std::size_t i = 0; i < weights.size(); ++i) load.at(assigned[i].value) += weights[i];
    const auto [least, most] = std::minmax_element(load.begin(), load.end());
    EXPECT_LT(*most - *least, 1000U) << "loads differ by less than one fragment";
  }
}

}  // namespace
}  // namespace shardmill
