// What a record of CSV becomes. The random cases are in tests/oracle.
#include <random>

#include "tests/operators/read/read_fixture.hpp"

namespace shardmill {
namespace {

using Rejections = std::vector<SeenRejection>;
using Fields = std::map<std::string, std::string>;

class Csv : public ReadTest {
 protected:
  Csv() { source.format = Format::csv; }
};

TEST_F(Csv, RecordsOfRfc4180) {
  const CollectingSink sink = read(
      "id,text,n\r\n"
      "a,plain,1\r\n"
      "b,\"two\r\nlines, \"\"quoted\"\"\",2\n"
      "\n"
      "c,5\" disk,3");
  ASSERT_EQ(sink.documents.size(), 3U);
  EXPECT_EQ(sink.documents[0], (SeenDocument{11, "a", "plain", {{"n", "1"}}}));
  EXPECT_EQ(sink.documents[1], (SeenDocument{22, "b", "two\r\nlines, \"quoted\"", {{"n", "2"}}}));
  EXPECT_EQ(sink.documents[2].text, "5\" disk");
  EXPECT_EQ(counts.decoded_bytes, counts.raw_bytes);
}

TEST_F(Csv, ValuesWithoutQuotesHaveTypes) {
  const CollectingSink sink = read(
      "text,a,b,c,d,e,f,g,h\n"
      "7,1,-2.5e3,true,\"1\",,\"\",01,99999999999999999999\n"
      ",True,1e999,false,18446744073709551615,NaN,a,b,c\n");
  ASSERT_EQ(sink.documents.size(), 2U);
  EXPECT_EQ(sink.documents[0].text, "7");
  EXPECT_EQ(sink.documents[0].fields, (Fields{{"a", "1"},
                                              {"b", "-2.5e3"},
                                              {"c", "true"},
                                              {"d", "\"1\""},
                                              {"f", "\"\""},
                                              {"g", "\"01\""},
                                              {"h", "\"99999999999999999999\""}}));
  EXPECT_EQ(sink.documents[1].text, "") << "a text is never null";
  EXPECT_EQ(sink.documents[1].fields.at("a"), "\"True\"");
  EXPECT_EQ(sink.documents[1].fields.at("b"), "\"1e999\"");
  EXPECT_EQ(sink.documents[1].fields.at("d"), "18446744073709551615");
  EXPECT_EQ(sink.documents[1].fields.at("e"), "\"NaN\"");
}

TEST_F(Csv, TypesOfTheJob) {
  source.types = {
      {"zip", Type::utf8}, {"n", Type::int64}, {"x", Type::float64}, {"ok", Type::boolean}};
  const CollectingSink sink = read(
      "text,zip,n,x,ok\n"
      "a,12345,\"7\",1,true\n"
      "b,,,,\n"
      "c,1,1.0,1,true\n"
      "d,1,1,one,true\n"
      "e,1,1,1,yes\n");
  ASSERT_EQ(sink.documents.size(), 2U);
  EXPECT_EQ(sink.documents[0].fields,
            (Fields{{"zip", "\"12345\""}, {"n", "7"}, {"x", "1.0"}, {"ok", "true"}}));
  EXPECT_EQ(sink.documents[1].fields, Fields{});
  EXPECT_EQ(sink.rejections,
            (Rejections{{41, "wrong_type"}, {56, "wrong_type"}, {71, "wrong_type"}}));
  EXPECT_EQ(sink.details[0], "column `n`: 1.0");
  source.types = {{"x", Type::float64}};
  EXPECT_EQ(read("text,x\na,100000000000000000000\n").documents.at(0).fields.at("x"),
            "100000000000000000000.0");
  source.types = {{"zap", Type::utf8}};
  EXPECT_NE(error_of("text,zip\na,1\n", "a.csv").find("no column `zap` (types)"),
            std::string::npos);
}

TEST_F(Csv, ColumnsAreMapped) {
  source.text_field = "body";
  source.id_field = "n";
  const CollectingSink sink = read("n,body,text\n007,1,2\n");
  ASSERT_EQ(sink.documents.size(), 1U);
  EXPECT_EQ(sink.documents[0], (SeenDocument{12, "007", "1", {{"field.text", "2"}}}));
}

TEST_F(Csv, WrongRecordsAreAlone) {
  const CollectingSink sink = read(
      "text,n\n"
      "a\n"
      "b,1,2\n"
      "\"c\"d,1\n"
      "\xff,1\n"
      "good,1\n");
  ASSERT_EQ(sink.documents.size(), 1U);
  EXPECT_EQ(sink.documents[0].text, "good");
  EXPECT_EQ(sink.rejections,
            (Rejections{{7, "ragged"}, {9, "ragged"}, {15, "invalid_csv"}, {22, "invalid_utf8"}}));
  EXPECT_EQ(sink.details[0], "1 values, the header has 2");
  EXPECT_EQ(read("id\n1\n").rejections, (Rejections{{3, "missing_text"}}));
}

TEST_F(Csv, AQuoteThatIsNeverClosedFailsTheFile) {
  const std::string error = error_of("text\na\n\"b\nc\n", "a.csv");
  EXPECT_NE(error.find("a.csv: offset 7: this quote is never closed"), std::string::npos) << error;
}

TEST_F(Csv, HeadersThatCannotBeUsed) {
  EXPECT_NE(error_of("text,a,a\n", "a.csv").find("names the column `a` twice"), std::string::npos);
  EXPECT_NE(error_of("text,\xff\n", "a.csv").find("not valid UTF-8"), std::string::npos);
  EXPECT_NE(error_of("\"a\"b,text\n", "a.csv").find("behind a closing quote"), std::string::npos);
  EXPECT_NE(error_of(std::string(70000, ',') + "\n", "a.csv").find("70001 columns"),
            std::string::npos);
  EXPECT_NE(error_of("text,id\rhello,1\rworld,2\r", "a.csv").find("holds a CR"), std::string::npos);
  source.max_record = 10;
  EXPECT_NE(error_of("text,something\n", "a.csv").find("more than 10"), std::string::npos);
}

TEST_F(Csv, EmptyFilesMarksAndNamelessColumns) {
  EXPECT_EQ(read("").batches, 0);
  EXPECT_EQ(read("\xef\xbb\xbf").batches, 0);
  EXPECT_EQ(read("\n\r\n").batches, 0);
  EXPECT_EQ(read("text,n\n").batches, 0);
  const CollectingSink sink = read("\xef\xbb\xbf\ntext,\na,1\n");
  ASSERT_EQ(sink.documents.size(), 1U);
  EXPECT_EQ(sink.documents[0].offset, 10U);
  EXPECT_EQ(sink.documents[0].fields, (Fields{{"column.2", "1"}}));
}

TEST_F(Csv, TabsSeparateTsv) {
  source.format = Format::tsv;
  const CollectingSink sink = read("text\tn\na, b\t1\n\"c\td\"\t2\n", "a.tsv");
  ASSERT_EQ(sink.documents.size(), 2U);
  EXPECT_EQ(sink.documents[0].text, "a, b");
  EXPECT_EQ(sink.documents[1].text, "c\td");
}

TEST_F(Csv, TooLongRecordsAreSkipped) {
  source.max_record = 30;
  const std::string line = "short,1\n";
  const CollectingSink sink = read("text,n\n" + line + "\"" + std::string(100, 'x') +
                                   "\n\"\"y\",2\n" + "\x01\x01\x01,1\n" + line);
  ASSERT_EQ(sink.documents.size(), 2U);
  EXPECT_EQ(sink.documents[1].text, "short");
  EXPECT_EQ(sink.rejections, (Rejections{{15, "too_long"}, {124, "too_long"}}));
  EXPECT_EQ(sink.details[1], "its JSON is longer than max_record, 30");
}

TEST_F(Csv, TenThousandColumns) {
  std::string names = "text";
  std::string values = "a";
  for (int i = 0; i < 10'000; ++i) {
    names += ",c" + std::to_string(i);
    values += "," + std::to_string(i);
  }
  const CollectingSink sink = read(names + "\n" + values + "\n" + values + "\n");
  ASSERT_EQ(sink.documents.size(), 2U);
  EXPECT_EQ(sink.documents[1].fields.size(), 10'000U);
  EXPECT_EQ(sink.documents[1].fields.at("c9999"), "9999");
}

// Quotes, line ends and separators at both sides of a buffer's end.
TEST_F(Csv, BuffersEndAnywhere) {
  constexpr std::size_t kBuffer = std::size_t{1} << 20;
  const std::string head = "text,n\n\"";
  const std::string end = "\"\"x\",1\r\nb,\"2\"\"\"\r\n";
  for (std::size_t back = 0; back <= end.size() + 1; ++back) {
    const std::string filling(kBuffer - head.size() - back, 'f');
    const CollectingSink sink = read(head + filling + end);
    ASSERT_EQ(sink.documents.size(), 2U) << back;
    ASSERT_EQ(sink.documents[0].text, filling + "\"x") << back;
    ASSERT_EQ(sink.documents[0].fields, (Fields{{"n", "1"}}));
    ASSERT_EQ(sink.documents[1].text, "b");
    ASSERT_EQ(sink.documents[1].fields, (Fields{{"n", "\"2\\\"\""}}));
  }
}

TEST_F(Csv, BytesOfAnyValue) {
  std::mt19937_64 random(20261127);
  const std::string kOften = ",\"\n\r\"";
  u64 documents = 0;
  u64 rejected = 0;
  u64 failed = 0;
  for (int round = 0; round < 5'000; ++round) {
    source.max_record = random() % 4 == 0 ? 20 : 1'000'000;
    std::string bytes = random() % 4 == 0 ? "" : "text,b\n";
    for (u64 n = random() % 60; n > 0; --n) {
      const u64 what = random() % 8;
      bytes += what < 3 ? kOften[random() % kOften.size()]
                        : static_cast<char>(what < 7 ? 'a' + random() % 26 : random() % 256);
    }
    if (bytes.starts_with("\x1f\x8b") || bytes.starts_with("\x28\xb5\x2f\xfd")) continue;
    CollectingSink sink;
    try {
      const ReadCounts read = read_path(write("input.csv", bytes), sink);
      ASSERT_EQ(read.decoded_bytes, bytes.size());
      ASSERT_EQ(read.records, sink.documents.size());
      ASSERT_EQ(read.quarantined, sink.rejections.size());
      documents += read.records;
      rejected += read.quarantined;
    } catch (const DataError&) {
      ++failed;
    }
  }
  EXPECT_GT(documents, 200U);
  EXPECT_GT(rejected, 200U);
  EXPECT_GT(failed, 200U);
}

}  // namespace
}  // namespace shardmill
