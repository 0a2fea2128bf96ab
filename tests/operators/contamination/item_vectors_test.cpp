#include "operators/contamination/item_vectors.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/cluster/temporary_folder.hpp"

namespace shardmill {
namespace {

// Counts the words a, b and c of a text.
class Letters final : public TextSource {
 public:
  void load(std::span<const std::string_view> texts) override { texts_ = texts; }
  std::vector<float>* of(std::size_t i) override {
    vector_.assign(3, 0);
    for (std::size_t at = 0; at < texts_[i].size(); ++at) {
      const char c = texts_[i][at];
      const bool alone = at + 1 == texts_[i].size() || texts_[i][at + 1] == ' ';
      if (alone && c >= 'a' && c <= 'c') ++vector_[static_cast<std::size_t>(c - 'a')];
    }
    return &vector_;
  }
  [[nodiscard]] u64 bytes_per_document() override { return 3 * sizeof(float); }

 private:
  std::span<const std::string_view> texts_;
  std::vector<float> vector_;
};

class ItemVectorsTest : public testing::Test {
 protected:
  ItemVectorsTest() {
    if (!FlatSearch::available()) return;
    BenchmarkFiles files;
    files.step = "decontaminate";
    files.files = {folder_.path() / "t.jsonl"};
    files.source.is_table = true;
    std::ofstream(folder_.path() / "t.jsonl")
        << R"({"id": "1", "text": "a once only please"})" << '\n'
        << R"({"id": "2", "text": "the letter a b and more"})" << '\n'
        << R"({"id": "3", "text": "one more a for you"})" << '\n'
        << R"({"id": "4", "text": "long long long long long long long long b"})" << '\n';
    std::vector<BenchmarkItem> items;
    for_each_item(files, [&](BenchmarkItem&& item) { items.push_back(std::move(item)); });
    index_.emplace(ArrayFile(ItemIndex::build(std::move(items))));
    vectors_.use(*index_, ArrayFile(vectors_.build(*index_, files)));
  }
  void SetUp() override {
    if (!FlatSearch::available()) GTEST_SKIP() << "built without FAISS";
  }
  // "item begin end similarity" of each hit.
  std::vector<std::string> look(std::string_view text, std::vector<ItemHit> hits = {},
                                const std::optional<ItemVectors::Part>& only = std::nullopt) {
    vectors_.look("7", text, hits, only);
    std::vector<std::string> said;
    for (const ItemHit& hit : hits) {
      said.push_back(std::string(index_->name(hit.item)) + " " + std::to_string(hit.span.begin) +
                     " " + std::to_string(hit.span.end) + " " + std::to_string(hit.similarity));
    }
    return said;
  }

  TemporaryFolder folder_;
  ItemVectors vectors_{std::make_unique<Letters>()};
  std::optional<ItemIndex> index_;
};

using Said = std::vector<std::string>;

TEST_F(ItemVectorsTest, OfItemsEquallyNearTheFirstIsMeant) {
  EXPECT_EQ(look("x x a x"), Said{"t/1 0 4 1000000"});
}

TEST_F(ItemVectorsTest, ChunksAreAQuarterApartAndTheFirstOfEqualsCounts) {
  // Eight words, then from the third and the fifth; the item of nine words has chunks of twelve.
  EXPECT_EQ(look("x x x x x x x x x a x x"), (Said{"t/1 2 10 1000000"}));
  EXPECT_EQ(look("x x x x x x x x x x a b"),
            (Said{"t/2 4 12 999999", "t/4 0 12 707106"}));  // 1 / sqrt(2) is no float
}

TEST_F(ItemVectorsTest, OfChunksTheNearestCounts) {
  EXPECT_EQ(look("a a a b x x x x x a x x"), (Said{"t/1 4 12 1000000", "t/2 2 10 948683"}));
}

TEST_F(ItemVectorsTest, WhatIsLessThanHalfAsNearIsNoHit) {
  EXPECT_EQ(look("a c c c"), Said{});                                    // 1 / sqrt(10)
  EXPECT_EQ(look("a a a a a c c c c c c c"), (Said{"t/1 0 8 857492"}));  // 5 / sqrt(34)
}

TEST_F(ItemVectorsTest, HitsGetTheirSimilarityAndStayInOrder) {
  const ItemHit second{.item = 1, .span = {1, 3}, .weight = 4};
  EXPECT_EQ(look("b b b b", {second}), (Said{"t/2 1 3 707106", "t/4 0 4 1000000"}));
  EXPECT_EQ(look("a x x", {second}), (Said{"t/1 0 3 1000000", "t/2 1 3 0"}));
}

TEST_F(ItemVectorsTest, APartAsksForTheChunksThatTouchIt) {
  // Chunks begin at words 0, 2, 4, 6 and 8.
  const std::string text = "a x x x x x x x x x x x x x x a";
  EXPECT_EQ(look(text, {}, ItemVectors::Part{0, {0, 1}}), Said{"t/1 0 8 1000000"});
  EXPECT_EQ(look(text, {}, ItemVectors::Part{0, {15, 16}}), Said{"t/1 8 16 1000000"});
  EXPECT_EQ(look(text, {}, ItemVectors::Part{0, {8, 10}}), Said{"t/1 8 16 1000000"});
  EXPECT_EQ(look("a x x x x x x x x x x x", {}, ItemVectors::Part{0, {9, 10}}), Said{});
  EXPECT_EQ(look("b b b b b b b b", {}, ItemVectors::Part{3, {0, 8}}), Said{"t/4 0 8 1000000"});
}

}  // namespace
}  // namespace shardmill
