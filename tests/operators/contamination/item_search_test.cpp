#include "operators/contamination/item_search.hpp"

#include <gtest/gtest.h>

namespace shardmill {
namespace {

ItemIndex index_of(std::vector<BenchmarkItem> items) {
  return ItemIndex(ArrayFile(ItemIndex::build(std::move(items))));
}

std::vector<ItemHit> hits(const ItemIndex& index, const std::string& text) {
  ItemSearch search(index, {});
  WordScanner scanner;
  std::vector<u64> ids;
  append_word_ids(text, scanner, ids);
  return search.find(ids);
}

std::string found(const std::string& text, WordSpan span) {
  WordScanner scanner;
  const ByteSpan bytes = bytes_of(span, text, scanner);
  std::vector<u64> ids;
  std::vector<PiecePlace> places;
  append_word_ids(text, scanner, ids, &places);
  const ByteSpan same = bytes_of(span, text, scanner, places);
  EXPECT_EQ(same.begin, bytes.begin);
  EXPECT_EQ(same.end, bytes.end);
  return text.substr(bytes.begin, bytes.end - bytes.begin);
}

const std::string kQuestion = "Why do cats have whiskers on their 2 cheeks?";

TEST(ItemSearch, FindsWhatIsEditedAndWhere) {
  const ItemIndex index =
      index_of({{"b", "1", kQuestion}, {"b", "2", "Who won the race in 1896, and how?"}});
  for (const std::string& text :
       {kQuestion, std::string("Quiz.\n WHY do\ncats have -- whiskers on their 2 cheeks... Answer"),
        std::string("why do most cats have whiskers on 2 cheeks")}) {
    const auto list = hits(index, text);
    ASSERT_EQ(list.size(), 1U) << text;
    EXPECT_EQ(list[0].item, 0U);
    EXPECT_FALSE(list[0].other_numbers);
  }
  EXPECT_TRUE(hits(index, "cats have whiskers, and dogs too").empty());
  const auto other = hits(index, "Why do cats have whiskers on their 3 cheeks?");
  ASSERT_EQ(other.size(), 1U);
  EXPECT_TRUE(other[0].other_numbers);
}

TEST(ItemSearch, OfSeveralPlacesTheOneWithoutOtherNumbers) {
  const ItemIndex index = index_of({{"b", "1", kQuestion}});
  std::string far = " ";
  for (int i = 0; i < 50; ++i) far += "word" + std::to_string(i) + " ";
  // All of its words and one number more, against a copy that lacks a word.
  const std::string other = "Why do cats have 5 whiskers on their 2 cheeks?";
  const std::string edited = "Why do cats have whiskers on 2 cheeks";
  for (const std::string& text : {edited + far + other, other + far + edited}) {
    const auto list = hits(index, text);
    ASSERT_EQ(list.size(), 1U);
    EXPECT_FALSE(list[0].other_numbers);
    EXPECT_EQ(found(text, list[0].span), edited);
  }
}

TEST(ItemIndex, ItemsOfTheSameWordsAreOneAndShortOnesNone) {
  const ItemIndex index = index_of({{"b", "x", "One two three four five."},
                                    {"a", "y", "one TWO three, four five"},
                                    {"b", "z", "Who are you"},
                                    {"b", "w", "a b"},
                                    {"b", "v", ""}});
  ASSERT_EQ(index.size(), 1U);
  EXPECT_EQ(index.names(0), (std::vector<std::string_view>{"a/y", "b/x"}));
  EXPECT_EQ(index.unsearchable(), (std::vector<std::string_view>{"b/v", "b/w", "b/z"}));
  // All words are in the one item of benchmark a: 1 + 4 log2(2 / 1).
  EXPECT_EQ(index.words(0).total, 5U * 5U);
}

TEST(ItemIndex, SeedsOfManyItemsBeginNothing) {
  const auto with_template = [](int count) {
    std::vector<BenchmarkItem> items;
    for (int i = 1; i < count; ++i) {
      items.push_back({"b", std::to_string(i), "which of the following is w" + std::to_string(i)});
    }
    items.push_back({"b", "all", "which of the following"});
    return index_of(std::move(items));
  };
  const ItemIndex few = with_template(16);
  for (u32 item = 0; item < few.size(); ++item) EXPECT_TRUE(few.has_seeds(item));
  EXPECT_EQ(hits(few, "which of the following").size(), 1U);
  const ItemIndex many = with_template(17);
  for (u32 item = 0; item < many.size(); ++item) {
    EXPECT_EQ(many.has_seeds(item), many.name(item) != "b/all");
  }
  EXPECT_TRUE(hits(many, "which of the following").empty());
  // Only the seed with the item's own word begins it.
  EXPECT_EQ(hits(many, "so: which of the following is w7").size(), 1U);
}

TEST(BytesOf, AreTheShortestWithExactlyTheseWords) {
  EXPECT_EQ(found("one two three", {1, 2}), "two");
  EXPECT_EQ(found("«one» «two» three", {1, 2}), "two");
  EXPECT_EQ(found("Ünï 漢字かな ok", {1, 3}), "漢字");
  EXPECT_EQ(found("e\u0301a \u00adb\u00ad c", {1, 2}), "b");
  EXPECT_EQ(found("x\u200d\u0301y z", {0, 1}), "x\u200d\u0301y");
}

TEST(BytesOf, AreFoundBehindPiecesThatArePassedOver) {
  std::string text;
  for (u32 word = 0; word < 60'000; ++word) text += "é" + std::to_string(word) + " ";
  for (const u32 word : {0U, 1U, 8'000U, 29'999U, 30'000U, 59'998U}) {
    EXPECT_EQ(found(text, {word, word + 2}),
              "é" + std::to_string(word) + " é" + std::to_string(word + 1));
  }
}

}  // namespace
}  // namespace shardmill
