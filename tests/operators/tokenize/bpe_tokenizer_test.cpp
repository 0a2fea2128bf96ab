#include "operators/tokenize/bpe_tokenizer.hpp"

#include <gtest/gtest.h>

#include "operators/tokenize/byte_tokenizer.hpp"
#include "tests/operators/tokenize/random_vocabulary.hpp"

namespace shardmill {
namespace {

using testing::Random;

std::vector<u32> encoded(Tokenizer& tokenizer, std::string_view text) {
  std::vector<u32> ids;
  tokenizer.encode(text, ids);
  return ids;
}

std::string decoded(const Tokenizer& tokenizer, const std::vector<u32>& ids) {
  std::string bytes;
  tokenizer.decode(ids, bytes);
  return bytes;
}

BpeModel model(WordPattern pattern, bool whole_words = false) {
  Random random(3);
  BpeModel result;
  result.vocabulary = testing::random_vocabulary(random, "ab \xC3\xA9\x80", 80, true);
  result.vocabulary.whole_words = whole_words;
  result.pattern = pattern;
  result.added = {
      {"<|end|>", 900, true, false}, {"<|end|>>", 901, true, false}, {"ab<", 902, false, false}};
  result.end_of_text = 900;
  result.vocabulary_size = 903;
  return result;
}

TEST(BpeTokenizer, AnyBytesComeBack) {
  Random random(8);
  for (const WordPattern pattern : {WordPattern::gpt2, WordPattern::cl100k, WordPattern::qwen2,
                                    WordPattern::o200k, WordPattern::deepseek3}) {
    for (const bool special : {false, true}) {
      BpeTokenizer tokenizer(model(pattern), special);
      for (int i = 0; i < 3000; ++i) {
        std::string text;
        for (u64 n = random.below(60); n > 0; --n) {
          constexpr std::string_view kLikely = "aaabb  \xC3\xA9\x80\n'<|end|>>";
          text += random.below(4) == 0 ? static_cast<char>(random.below(256))
                                       : kLikely[random.below(kLikely.size())];
        }
        const std::vector<u32> ids = encoded(tokenizer, text);
        ASSERT_EQ(decoded(tokenizer, ids), text);
        for (const u32 id : ids) ASSERT_LT(id, tokenizer.vocabulary_size());
        ASSERT_EQ(encoded(tokenizer, text), ids);  // words out of the cache
      }
    }
  }
}

// More words than the cache has slots, then all of them again.
TEST(BpeTokenizer, TheCacheChangesNothing) {
  Random random(4);
  BpeTokenizer warm(model(WordPattern::gpt2), false);
  std::vector<std::string> words;
  for (int i = 0; i < 100'000; ++i) {
    words.push_back(testing::random_word(random, "ab", 1 + random.below(40)));
  }
  for (const std::string& word : words) (void)encoded(warm, word);
  for (std::size_t i = 0; i < words.size(); i += 500) {
    BpeTokenizer cold(model(WordPattern::gpt2), false);
    ASSERT_EQ(encoded(warm, words[i]), encoded(cold, words[i])) << words[i];
  }
}

TEST(WordCache, KeepsNothingThatIsTooLong) {
  WordCache cache;
  const std::vector<u32> ids(WordCache::kMostIds, 7);
  const std::string longest(WordCache::kLongest, 'x');
  WordCache::Slot& slot = cache.slot(longest);
  slot.keep(longest, ids);
  EXPECT_TRUE(slot.holds(longest));
  // Of the same beginning, so of the same slot.
  EXPECT_EQ(&cache.slot(longest + "x"), &slot);
  slot.keep(longest + "x", ids);
  slot.keep("y", std::vector<u32>(WordCache::kMostIds + 1, 8));
  EXPECT_TRUE(slot.holds(longest));
  EXPECT_FALSE(slot.holds(longest + "x"));
  EXPECT_EQ(std::vector<u32>(slot.ids().begin(), slot.ids().end()), ids);
}

TEST(BpeTokenizer, SpecialTokensAreTextUnlessAllowed) {
  BpeTokenizer plain(model(WordPattern::gpt2), false);
  BpeTokenizer special(model(WordPattern::gpt2), true);
  const std::vector<u32> ids = encoded(plain, "<|end|>");
  EXPECT_EQ(std::count(ids.begin(), ids.end(), 900U), 0);
  EXPECT_EQ(encoded(special, "<|end|>"), (std::vector<u32>{900}));
  EXPECT_EQ(encoded(special, "<|end|>>"), (std::vector<u32>{901}));  // the longest
  EXPECT_EQ(encoded(special, "<|end|<|end|>").back(), 900U);
  // What is added but not special always is a token.
  EXPECT_EQ(encoded(plain, "ab<"), (std::vector<u32>{902}));
  // A token ends the text before it: here "  " is not cut into " ", " ".
  EXPECT_EQ(encoded(special, "  <|end|>").size(), encoded(special, "  ").size() + 1);
  EXPECT_EQ(special.special("<|end|>"), 900U);
  EXPECT_FALSE(special.special("<|no|>").has_value());
  EXPECT_EQ(special.end_of_text(), 900U);
  EXPECT_EQ(decoded(plain, {900, 'a'}), "<|end|>a");
}

// Whatever the file calls it, looked for before or behind the normalisation.
TEST(BpeTokenizer, WhatEndsADocumentIsSpecial) {
  for (const bool normalized : {false, true}) {
    BpeModel ends = model(WordPattern::gpt2);
    ends.added = {{"<|end|>", 900, false, normalized}, {"<|no|>", 901, false, normalized}};
    BpeTokenizer special(ends, true);
    BpeTokenizer plain(std::move(ends), false);
    const std::vector<u32> ids = encoded(plain, "<|end|><|no|>");
    EXPECT_EQ(std::count(ids.begin(), ids.end(), 900U), 0);
    EXPECT_EQ(ids.back(), 901U);
    EXPECT_EQ(decoded(plain, ids), "<|end|><|no|>");
    EXPECT_EQ(encoded(special, "<|end|><|no|>"), (std::vector<u32>{900, 901}));
  }
}

TEST(BpeTokenizer, KnowsWhetherMergesMakeTheEnd) {
  const auto make = [](u32 end, bool whole_words) {
    BpeModel ends = model(WordPattern::gpt2, whole_words);
    ends.vocabulary.tokens.add(800, "zz");
    ends.vocabulary.tokens.add(801, "zz z");
    ends.end_of_text = end;
    return BpeTokenizer(std::move(ends), false).merges_make_end();
  };
  EXPECT_TRUE(make('a', false));
  EXPECT_TRUE(make(256, false));  // of two bytes
  EXPECT_FALSE(make(800, false));
  EXPECT_TRUE(make(800, true));
  EXPECT_FALSE(make(801, true));  // two words
  EXPECT_FALSE(make(900, true));
}

TEST(BpeTokenizer, AWordThatIsATokenIsItWhereTheVocabularySaysSo) {
  BpeModel whole = model(WordPattern::gpt2, true);
  whole.vocabulary.tokens.add(800, "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb");
  BpeModel merging = model(WordPattern::gpt2, false);
  merging.vocabulary.tokens.add(800, "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb");
  BpeTokenizer whole_words(std::move(whole), false);
  BpeTokenizer merges(std::move(merging), false);
  EXPECT_EQ(encoded(whole_words, std::string(49, 'b')), (std::vector<u32>{800}));
  EXPECT_NE(encoded(merges, std::string(49, 'b')), (std::vector<u32>{800}));
}

TEST(BpeTokenizer, NfcIsAppliedToWhatIsUtf8) {
  std::string out;
  append_nfc_of_bytes(
      "e\u0301\xFF"
      "e\u0301\xC3",
      out);
  EXPECT_EQ(out, "\u00e9\xFF\u00e9\xC3");
  BpeModel nfc = model(WordPattern::gpt2);
  nfc.nfc = true;
  nfc.added.push_back({"e\u0301", 903, false, false});
  BpeTokenizer tokenizer(std::move(nfc), false);
  EXPECT_EQ(decoded(tokenizer, encoded(tokenizer, "o\u0301\x80")), "\u00f3\x80");
  EXPECT_EQ(encoded(tokenizer, "e\u0301"), (std::vector<u32>{903}));  // found before it
}

TEST(BpeTokenizer, BytesThatAreNoTokensBecomeTheReplacementCharacter) {
  BpeModel without;
  for (u32 byte = 0; byte < 0xF5; ++byte) {
    const char c = static_cast<char>(byte);
    ASSERT_TRUE(without.vocabulary.tokens.add(byte, {&c, 1}));
  }
  without.vocabulary_size = 0xF5;
  BpeTokenizer tokenizer(without, false);
  const std::string text = "\xF4\x8F\xBF\xBF \xC3 \x80";  // a character, and bytes that have tokens
  EXPECT_EQ(decoded(tokenizer, encoded(tokenizer, text)), text);
  EXPECT_EQ(decoded(tokenizer, encoded(tokenizer,
                                       "a\xFF"
                                       "b\xC3\xF8")),
            "a\xEF\xBF\xBD"
            "b\xC3\xEF\xBF\xBD");
}

TEST(BpeTokenizer, AnIdThatIsNoneIsAnError) {
  BpeTokenizer tokenizer(model(WordPattern::gpt2), false);
  std::string bytes;
  for (const u32 id : {800U, 903U, UINT32_MAX}) {
    EXPECT_THROW(tokenizer.decode(std::vector<u32>{id}, bytes), DataError) << id;
  }
}

TEST(ByteTokenizer, KnowsItsEndWhenAllowed) {
  ByteTokenizer plain;
  ByteTokenizer special(true);
  EXPECT_EQ(encoded(plain, "a<|endoftext|>").size(), 14U);
  EXPECT_EQ(encoded(special, "a<|endoftext|>b"), (std::vector<u32>{'a', 256, 'b'}));
  EXPECT_EQ(decoded(special, {'a', 256}), "a<|endoftext|>");
}

}  // namespace
}  // namespace shardmill
