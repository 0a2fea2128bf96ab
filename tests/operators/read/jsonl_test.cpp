// What a line of JSON becomes.
#include "engine/hash/hash.hpp"
#include "operators/read/record_parser.hpp"
#include "tests/operators/read/read_fixture.hpp"

namespace shardmill {
namespace {

using Rejections = std::vector<SeenRejection>;
using Fields = std::map<std::string, std::string>;

class Jsonl : public ReadTest {
 protected:
  // The reason why the only line is no document; "" when it is one.
  std::string reason_of(const std::string& line) {
    const CollectingSink sink = read(line + "\n");
    EXPECT_EQ(sink.documents.size() + sink.rejections.size(), 1U) << line;
    return sink.rejections.empty() ? "" : sink.rejections[0].reason;
  }
  SeenDocument only(const std::string& line) {
    const CollectingSink sink = read(line);
    EXPECT_EQ(sink.documents.size(), 1U) << line;
    return sink.documents.empty() ? SeenDocument{} : sink.documents[0];
  }
};

TEST_F(Jsonl, OffsetsAreThoseOfTheLines) {
  const CollectingSink sink =
      read("{\"text\":\"a\"}\n\n \t\r\n{\"text\":\"b\"}\r\n{\"text\":\"c\"}");
  ASSERT_EQ(sink.documents.size(), 3U);
  EXPECT_EQ(sink.documents[0].offset, 0U);
  EXPECT_EQ(sink.documents[1].offset, 18U);
  EXPECT_EQ(sink.documents[2].offset, 32U);
  EXPECT_EQ(sink.keys[1], DocKey::of(5, 18));
  EXPECT_EQ(counts.decoded_bytes, 44U);
  EXPECT_EQ(counts.raw_bytes, 44U);
}

TEST_F(Jsonl, EmptyFilesHaveNoRecords) {
  for (const char* name : {"a.jsonl", "a.jsonl.gz", "a.jsonl.zst"}) {
    EXPECT_EQ(read("", name).batches, 0) << name;
  }
  EXPECT_EQ(read("\n\n \n").batches, 0);
  EXPECT_EQ(read("\xef\xbb\xbf").batches, 0);
}

TEST_F(Jsonl, ByteOrderMarkOnlyAtTheStart) {
  const CollectingSink sink =
      read("\xef\xbb\xbf{\"text\":\"a\"}\n\xef\xbb\xbf{\"text\":\"b\"}\n{\"text\":\"c\"}\n");
  ASSERT_EQ(sink.documents.size(), 2U);
  EXPECT_EQ(sink.documents[0].offset, 0U);
  EXPECT_EQ(sink.rejections, (Rejections{{16, "invalid_json"}}));
  EXPECT_EQ(sink.documents[1].offset, 32U);
}

TEST_F(Jsonl, WhatIsNotADocument) {
  EXPECT_EQ(reason_of("{\"text\":\"\xff\"}"), "invalid_utf8");
  EXPECT_EQ(reason_of("{\"text\":\"\xed\xa0\x80\"}"), "invalid_utf8");
  EXPECT_EQ(reason_of("not json \xc3"), "invalid_utf8");
  for (const char* line : {"{",
                           "[1]",
                           "\"a\"",
                           "1",
                           "null",
                           "{\"text\":\"a\"} x",
                           "{\"text\":\"a\"}{}",
                           "{\"text\":\"a\",}",
                           "{'text':'a'}",
                           "{\"text\":\"\\ud800\"}",
                           "{\"text\":\"\\udc00\"}",
                           "{\"text\":\"\\ud800\\u0041\"}",
                           "{\"text\":\"a\",\"n\":NaN}",
                           "{\"text\":\"a\",\"n\":Infinity}",
                           "{\"text\":\"a\",\"n\":1e400}",
                           "{\"text\":\"a\",\"n\":18446744073709551616}",
                           "{\"text\":\"a\",\"n\":-9223372036854775809}",
                           "{\"text\":\"a\",\"n\":01}",
                           "{\"text\":\"a\tb\"}",
                           "{\"text\":\"a\"}\x0c"}) {
    EXPECT_EQ(reason_of(line), "invalid_json") << line;
  }
  EXPECT_EQ(reason_of("{}"), "missing_text");
  EXPECT_EQ(reason_of("{\"text\":null}"), "missing_text");
  EXPECT_EQ(reason_of("{\"text\":1}"), "text_not_string");
  EXPECT_EQ(reason_of("{\"text\":[\"a\"]}"), "text_not_string");
  EXPECT_EQ(reason_of("{\"text\":\"\"}"), "");
  EXPECT_EQ(reason_of("{\"text\":\"a\",\"n\":18446744073709551615}"), "");
  EXPECT_EQ(reason_of("{\"text\":\"a\",\"n\":-9223372036854775808}"), "");
  EXPECT_EQ(reason_of("{\"text\":\"a\\u0000\",\"n\":1e-400}"), "");
}

TEST_F(Jsonl, NestingHasALimit) {
  const auto nested = [](std::size_t depth) {
    return "{\"text\":\"a\",\"n\":" + std::string(depth - 1, '[') + std::string(depth - 1, ']') +
           "}";
  };
  EXPECT_EQ(reason_of(nested(kJsonDepth - 1)), "");
  EXPECT_EQ(reason_of(nested(kJsonDepth + 1)), "invalid_json");
}

TEST_F(Jsonl, FieldsAreTheRawJson) {
  const SeenDocument document = only(
      " { \"text\" : \"a\\n\\u00e9\\ud83d\\ude00\" , \"o\":{ \"}\" : [1, \"]\\\\\"] "
      "}\t,\"n\":-1.50E+2 "
      ",\"s\":\"q\\\"\\\\\",\"b\":true,\"z\":null,\"id\":\"\\u0041b\",\"source\":\"x\",\"\":0}");
  EXPECT_EQ(document.text, "a\n\u00e9\U0001F600");
  EXPECT_EQ(document.id, "Ab");
  EXPECT_EQ(document.fields, (Fields{{"o", "{ \"}\" : [1, \"]\\\\\"] }"},
                                     {"n", "-1.50E+2"},
                                     {"s", "\"q\\\"\\\\\""},
                                     {"b", "true"},
                                     {"field.source", "\"x\""},
                                     {"", "0"}}));
}

TEST_F(Jsonl, NullMakesNoColumn) {
  EXPECT_TRUE(
      read("{\"text\":\"a\",\"n\":null}\n{\"text\":\"a\",\"n\":1,\"n\":null}").columns.empty());
}

TEST_F(Jsonl, TheLastOfADuplicateWins) {
  const SeenDocument document = only(
      "{\"id\":\"a\",\"text\":1,\"n\":1,\"text\":\"x\",\"n\":\"b\",\"id\":\"c\",\"\\u0069d\":"
      "\"d\"}");
  EXPECT_EQ(document, (SeenDocument{0, "d", "x", {{"n", "\"b\""}}}));
  EXPECT_EQ(reason_of("{\"text\":\"x\",\"text\":null}"), "missing_text");
}

TEST_F(Jsonl, IdsOfAnyType) {
  EXPECT_EQ(only("{\"id\":12.50,\"text\":\"a\"}").id, "12.50");
  EXPECT_EQ(only("{\"text\":\"a\",\"id\":[1, 2]}").id, "[1, 2]");
  EXPECT_EQ(only("{\"text\":\"a\",\"id\":\"\"}").id, "");
  using namespace std::string_literals;
  const std::string made = hash128("web\0rel/file\0a\u00e9"s).hex();
  EXPECT_EQ(only("{\"text\":\"a\\u00e9\"}").id, made);
  EXPECT_EQ(only("{\"id\":null,\"text\":\"a\u00e9\"}").id, made);
}

TEST_F(Jsonl, Mapping) {
  source.id_field = "url";
  source.text_field = "body";
  source.columns = {{"headline", "title"}, {"copy", "url"}};
  const SeenDocument document =
      only("{\"id\":1,\"text\":2,\"source\":3,\"url\":\"u\",\"body\":\"b\",\"title\":4,\"n\":5}");
  EXPECT_EQ(document, (SeenDocument{0,
                                    "u",
                                    "b",
                                    {{"field.id", "1"},
                                     {"field.text", "2"},
                                     {"field.source", "3"},
                                     {"copy", "\"u\""},
                                     {"headline", "4"},
                                     {"n", "5"}}}));
  EXPECT_EQ(reason_of("{\"text\":\"a\"}"), "missing_text");
  // A renamed field and one that has the name already: record order decides.
  EXPECT_EQ(only("{\"body\":\"b\",\"headline\":1,\"title\":2}").fields["headline"], "2");
  EXPECT_EQ(only("{\"body\":\"b\",\"title\":2,\"headline\":1}").fields["headline"], "1");
}

TEST_F(Jsonl, ColumnsAppearAndDisappear) {
  std::string lines;
  for (int i = 0; i < 40'000; ++i) {
    const std::string name = i % 3 == 0 ? "a" : i % 3 == 1 ? "b" : "c" + std::to_string(i);
    lines +=
        "{\"" + name + "\":" + std::to_string(i) + ",\"text\":\"" + std::to_string(i) + "\"}\n";
  }
  const CollectingSink sink = read(lines);
  ASSERT_EQ(sink.documents.size(), 40'000U);
  EXPECT_GT(sink.batches, 1);
  for (int i = 0; i < 40'000; ++i) {
    const SeenDocument& document = sink.documents[static_cast<std::size_t>(i)];
    const std::string name = i % 3 == 0 ? "a" : i % 3 == 1 ? "b" : "c" + std::to_string(i);
    ASSERT_EQ(document.text, std::to_string(i));
    ASSERT_EQ(document.fields, (Fields{{name, std::to_string(i)}}));
  }
}

TEST_F(Jsonl, TooLong) {
  source.max_record = 30;
  const auto record = [](std::size_t length) {
    return "{\"text\":\"" + std::string(length - 11, 'x') + "\"}";
  };
  const CollectingSink sink =
      read(record(30) + "\n" + record(31) + "\n" + std::string(50, ' ') + "\n" + record(12) + "\n" +
           std::string(31, '\xff') + "\n" + record(40));
  ASSERT_EQ(sink.documents.size(), 2U);
  EXPECT_EQ(sink.documents[1].offset, 31U + 32 + 51);
  EXPECT_EQ(sink.rejections,
            (Rejections{{31, "too_long"}, {31 + 32 + 51 + 13, "too_long"}, {159, "too_long"}}));
  // The mark is not part of the record.
  EXPECT_EQ(read("\xef\xbb\xbf" + record(30)).documents.size(), 1U);
}

TEST_F(Jsonl, LongRecordsCrossManyBuffers) {
  std::string lines;
  std::vector<std::string> texts;
  for (std::size_t length : {5'000'000U, 10U, 1'048'576U, 0U, 16'000'000U, 1'048'575U, 3U}) {
    texts.emplace_back(length, static_cast<char>('a' + texts.size()));
    lines += "{\"text\":\"" + texts.back() + "\",\"n\":1}\n";
  }
  const CollectingSink sink = read(lines);
  ASSERT_EQ(sink.documents.size(), texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ(sink.documents[i].text == texts[i], true) << i;
    EXPECT_EQ(sink.documents[i].fields.at("n"), "1");
  }
}

TEST_F(Jsonl, BatchesStaySmall) {
  std::string lines;
  for (int i = 0; i < 100; ++i) lines += "{\"text\":\"" + std::string(100'000, 'x') + "\"}\n";
  EXPECT_EQ(read(lines).batches, 10);
}

}  // namespace
}  // namespace shardmill
