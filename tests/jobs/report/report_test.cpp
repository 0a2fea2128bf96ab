#include "jobs/report/report.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "jobs/report/amounts.hpp"
#include "jobs/report/report_text.hpp"
#include "tests/jobs/report/sample_report.hpp"

namespace shardmill {
namespace {

TEST(Funnel, EveryRowIsTheOneBeforeLessWhatItsStepDropped) {
  const std::vector<FunnelRow> rows = funnel(sample_report());
  ASSERT_EQ(rows.size(), 4U);  // in, two dropping steps, kept: normalize drops nothing
  EXPECT_EQ(rows.front().documents, 1000U);
  EXPECT_EQ(rows.back().documents, 700U);
  EXPECT_EQ(rows.front().bytes, 700U * 20 + 4500);
  EXPECT_EQ(rows.back().bytes, 700U * 20);
  for (std::size_t i = 1; i < rows.size(); ++i) {
    EXPECT_EQ(rows[i].documents + rows[i].dropped, rows[i - 1].documents) << rows[i].label;
    EXPECT_EQ(rows[i].bytes + rows[i].dropped_bytes, rows[i - 1].bytes) << rows[i].label;
  }
}

TEST(Funnel, ALostDocumentIsAnError) {
  Report report = sample_report();
  --report.documents_kept;
  EXPECT_THROW((void)funnel(report), InternalError);
  report = sample_report();
  report.steps[1].reasons["min_words"] = 2000;
  EXPECT_THROW((void)funnel(report), InternalError);
  report = sample_report();
  ++report.steps[1].dropped_bytes;
  EXPECT_THROW((void)funnel(report), InternalError);
}

TEST(Sources, AlarmBeyondNinetyPercent) {
  const auto alarming = [](u64 documents, u64 kept) {
    SourceReport source;
    source.documents = documents;
    source.kept = kept;
    return source.alarming();
  };
  EXPECT_TRUE(alarming(100, 9));
  EXPECT_FALSE(alarming(100, 10));
  EXPECT_FALSE(alarming(0, 0));
  EXPECT_NE(report_text(sample_report()).find("! spam lost more than 90 %"), std::string::npos);
  EXPECT_NE(summary_text(sample_report()).find("! spam lost more than 90 %"), std::string::npos);
}

TEST(Sources, ThoseThatAreNotListedAreSummedUp) {
  Report report = sample_report();
  EXPECT_EQ(largest_sources(report, 2).size(), 2U);
  const std::vector<SourceReport> one = largest_sources(report, 1);
  ASSERT_EQ(one.size(), 2U);
  EXPECT_EQ(one[0].name, "web");
  EXPECT_EQ(one[1].name, "1 more source");
  EXPECT_EQ(one[0].documents + one[1].documents, report.documents_in);
  EXPECT_EQ(one[0].kept + one[1].kept, report.documents_kept);
  EXPECT_EQ(one[1].dropped.at("filter"), 95U);
  report.sources[1].tokens = 4;
  report.sources[1].text_bytes = 18;
  EXPECT_EQ(largest_sources(report, 1)[1].bytes_per_token(), 4.5);
  EXPECT_EQ(report.sources[0].bytes_per_token(), 0);
}

TEST(Thresholds, CountTheScoresAtOrAbove) {
  const Report report = sample_report();
  const std::vector<ThresholdRow> rows = thresholds(report);
  ASSERT_EQ(rows.size(), 11U);
  EXPECT_EQ(rows.front().percent, 50U);
  EXPECT_EQ(rows.back().percent, 100U);
  for (const ThresholdRow& row : rows) {
    u64 expected = 0;
    for (u64 i = 0; i < 200; ++i) expected += (800 + i) * 100 >= u64{row.percent} * 1000 ? 1 : 0;
    EXPECT_EQ(row.documents, expected) << row.percent;
    EXPECT_EQ(row.below, row.percent < 80) << row.percent;
  }
  Report without = report;
  without.statistics.similarity_percent = {};
  EXPECT_TRUE(thresholds(without).empty());
}

TEST(Text, FitsEightyColumnsAndHasNoControlCharacters) {
  Report report = sample_report();
  report.dataset = "evil\x1b[31m";
  report.sources[0].name = std::string(200, 's');
  report.sources[0].tokens = 999'999'999'999;
  report.steps[1].label = std::string(200, 'f');
  report.statistics.bytes[report.steps[1].label] =
      report.statistics.bytes.extract("filter").mapped();
  report.statistics.groups[0].members[0].id = "\x1b]0;title\x07" + std::string(300, 'i');
  report.statistics.groups[0].members[0].excerpt =
      std::string(100, 'x') + " \x1b[2J " + std::string(100, 'y');
  for (const std::string& text : {report_text(report), summary_text(report)}) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      EXPECT_TRUE(std::none_of(line.begin(), line.end(), [](char c) { return c >= 0 && c < 32; }))
          << line;
      if (line.find("lost more than") != std::string::npos) continue;  // a name in full
      EXPECT_LE(columns_of(line), 80U) << line;
    }
  }
}

TEST(Json, HasTheNumbers) {
  const auto json = nlohmann::json::parse(report_json(sample_report()));
  EXPECT_EQ(json.at("documents_in"), 1000);
  u64 dropped = 0;
  for (const auto& step : json.at("steps")) {
    for (const auto& [reason, documents] : step.at("dropped").items()) {
      dropped += documents.get<u64>();
    }
  }
  EXPECT_EQ(dropped + json.at("documents_kept").get<u64>(), json.at("documents_in").get<u64>());
  EXPECT_EQ(json.at("sources").at(1).at("alarm"), true);
  EXPECT_EQ(json.at("distributions").at("document_bytes").back().at("from_bytes"), 16);
  EXPECT_EQ(json.at("run").at("read_bytes_per_second"), 1e7);
}

TEST(Amounts, AreExactOrSayThatTheyAreNot) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(UINT64_MAX), "18,446,744,073,709,551,615");
  EXPECT_EQ(percent(0, 10), "0.0 %");
  EXPECT_EQ(percent(10, 10), "100.0 %");
  EXPECT_EQ(percent(1, 100000), "< 0.1 %");
  EXPECT_EQ(percent(99999, 100000), "> 99.9 %");
  EXPECT_EQ(percent(1, 0), "-");
  EXPECT_EQ(ratio(9, 2), "4.50");
  EXPECT_EQ(ratio(0, 0), "-");
  EXPECT_EQ(columns_of("中文a"), 5U);
  EXPECT_EQ(clipped("abcdefgh", 6), "abc...");
  EXPECT_EQ(clipped("中文中文", 6), "中...");
  EXPECT_EQ(clipped("abcdef", 6), "abcdef");
}

}  // namespace
}  // namespace shardmill
