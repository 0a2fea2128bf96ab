#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "operators/tokenize/sentencepiece_tokenizer.hpp"
#include "operators/tokenize/tokenizer.hpp"
#include "tests/cluster/temporary_folder.hpp"
#include "tests/tests_folder.hpp"

namespace shardmill {
namespace {

// tokenizer.json with a token for each byte and these added tokens.
std::string tokenizer_json(const std::string& added) {
  std::string vocabulary;
  u32 next = 256;
  for (u32 byte = 0; byte < 256; ++byte) {
    const bool printable = (byte > 0x20 && byte < 0x7F) || (byte > 0xA0 && byte != 0xAD);
    char key[8];
    std::snprintf(key, sizeof key, "\\u%04x", printable ? byte : next++);
    vocabulary += (byte == 0 ? "\"" : ",\"") + std::string(key) + "\":" + std::to_string(byte);
  }
  return R"({"model": {"merges": [], "vocab": {)" + vocabulary + R"(}}, "added_tokens": [)" +
         added +
         R"(], "decoder": {"type": "ByteLevel"},
           "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false}})";
}

std::string added(const std::string& text, u32 id) {
  return R"({"content": ")" + text + R"(", "id": )" + std::to_string(id) + R"(, "special": true})";
}

std::unique_ptr<Tokenizer> loaded(const std::filesystem::path& path) {
  TokenizerSettings settings;
  settings.tokenizer = path.string();
  return load_tokenizer(settings);
}

TEST(LoadTokenizer, TheEndOfATextIsTheFirstAddedTokenOfTheList) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "tokenizer.json";
  const auto write = [&](const std::string& tokens) {
    std::ofstream(path) << tokenizer_json(tokens);
  };
  write(added("<|eot_id|>", 300) + "," + added("<|end_of_text|>", 400) + "," + added("<|x|>", 500));
  const auto llama = loaded(path);
  EXPECT_EQ(llama->end_of_text(), 400U);
  EXPECT_EQ(llama->special("<|eot_id|>"), 300U);
  EXPECT_EQ(llama->vocabulary_size(), 501U);
  write(added("<|im_end|>", 300) + "," + added("<|endoftext|>", 299));
  EXPECT_EQ(loaded(path)->end_of_text(), 299U);
  write(added("<|x|>", 300));
  EXPECT_FALSE(loaded(path)->end_of_text().has_value());
  write("");
  EXPECT_EQ(loaded(path)->vocabulary_size(), 256U);
}

TEST(LoadTokenizer, BytesAreAnEncodingWithoutAFile) {
  TokenizerSettings settings;
  settings.encoding = "bytes";
  const auto bytes = load_tokenizer(settings);
  EXPECT_EQ(bytes->vocabulary_size(), 257U);
  EXPECT_EQ(bytes->end_of_text(), 256U);
}

class PublishedFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* named = std::getenv("SHARDMILL_DATA");
    data_ =
        (named != nullptr ? std::filesystem::path(named) : tests_folder() / "../../shared/data") /
        "tokenizers";
    if (!std::filesystem::exists(data_)) GTEST_SKIP() << "no tokenizers/ below SHARDMILL_DATA";
  }
  std::filesystem::path data_;
};

TEST_F(PublishedFiles, EncodingsHaveTheSizesAndEndsOfTheirAuthors) {
  const auto check = [&](const std::string& encoding, const std::string& vocabulary,
                         const std::string& merges, u64 size, u32 end) {
    const auto path = [&](const std::string& name) {
      return name.empty() ? name : (data_ / name).string();
    };
    const auto tokenizer =
        load_tokenizer({encoding, path(vocabulary), path(merges), "", false, ""});
    EXPECT_EQ(tokenizer->vocabulary_size(), size) << encoding;
    EXPECT_EQ(tokenizer->end_of_text(), end) << encoding;
    EXPECT_EQ(tokenizer->special("<|endoftext|>"), end) << encoding;
    std::string text;
    tokenizer->decode(std::vector<u32>{end}, text);
    EXPECT_EQ(text, "<|endoftext|>");
  };
  check("gpt2", "gpt2_encoder.json.zst", "gpt2_vocab.bpe.zst", 50257, 50256);
  check("r50k_base", "r50k_base.tiktoken.zst", "", 50257, 50256);
  check("cl100k_base", "cl100k_base.tiktoken.zst", "", 100277, 100257);
  check("o200k_base", "o200k_base.tiktoken.zst", "", 200019, 199999);
}

TEST_F(PublishedFiles, SentencePieceModelsSayWhatEndsAText) {
  if (!SentencePieceTokenizer::available()) GTEST_SKIP() << "built without SentencePiece";
  const auto tokenizer = loaded(data_ / "sentencepiece_test_en_1k.model");
  EXPECT_EQ(tokenizer->vocabulary_size(), 1000U);
  EXPECT_EQ(tokenizer->end_of_text(), 2U);
  EXPECT_EQ(tokenizer->special("</s>"), 2U);
  EXPECT_FALSE(tokenizer->special("Hello").has_value());
}

}  // namespace
}  // namespace shardmill
