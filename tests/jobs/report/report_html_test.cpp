#include "jobs/report/report_html.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "jobs/report/chart.hpp"
#include "jobs/report/markup.hpp"
#include "tests/jobs/report/sample_report.hpp"

namespace shardmill {
namespace {

const std::string kEvil = "</script><script>alert('1')</script>&\"<!--]]>";

TEST(Escaped, LeavesNoMarkupAndNothingThatXmlForbids) {
  EXPECT_EQ(escaped("a<b>&\"'"), "a&lt;b&gt;&amp;&quot;&#39;");
  EXPECT_EQ(escaped("tab\tline\n"), "tab\tline\n");
  EXPECT_EQ(escaped(std::string("\0\x1b\x7f", 3)), "\u2400\u241b\u2421");
  EXPECT_EQ(escaped("\xff\xc0\x80"), "\ufffd\ufffd\ufffd");
  EXPECT_EQ(escaped("\xed\xa0\x80"), "\ufffd\ufffd\ufffd");  // a surrogate
  EXPECT_EQ(escaped("\xef\xbf\xbe"), "\ufffd");              // U+FFFE
  EXPECT_EQ(escaped("\xe4\xb8"), "\ufffd\ufffd");            // cut short
  EXPECT_EQ(escaped("ä中😀"), "ä中😀");
}

TEST(Html, NoTextBecomesMarkup) {
  Report report = sample_report();
  const std::string plain = report_html(report);
  report.dataset = report.location = report.version = report.logical_digest = kEvil;
  report.steps[0].label = report.sources[0].name = report.splits[0].first = kEvil;
  report.stages[0].name = report.hosts[0] = report.shards[0].folder = kEvil;
  GroupMember& member = report.statistics.groups[0].members[0];
  member.id = member.source = member.excerpt = kEvil;
  const std::string html = report_html(report);
  const auto count = [](const std::string& text, const std::string& what) {
    std::size_t found = 0;
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) {
      ++found;
    }
    return found;
  };
  for (const std::string tag : {"<script", "</script", "<!--", "]]>"}) {
    EXPECT_EQ(count(html, tag), count(plain, tag)) << tag;
  }
}

TEST(Html, CarriesTheNumbersAndGivesThemBack) {
  Report report = sample_report();
  report.statistics.groups[0].members[0].excerpt = kEvil;
  const auto json = nlohmann::json::parse(json_in_report(report_html(report), "report.html"));
  EXPECT_EQ(json, nlohmann::json::parse(report_json(report)));
  EXPECT_THROW((void)json_in_report("<html></html>", "report.html"), DataError);
}

TEST(Html, ShowsWithoutReferringToAnythingOutside) {
  const std::string html = report_html(sample_report());
  for (const std::string reference : {"http", "src=", "href=", "@import", "url("}) {
    EXPECT_EQ(html.find(reference), std::string::npos) << reference;
  }
}

TEST(Html, StaysBelowTwoMegabytes) {
  Report report = sample_report();
  report.sources.clear();
  for (u64 s = 0; s < 5000; ++s) {
    SourceReport source;
    source.name = "source-with-a-rather-long-name-" + std::to_string(s);
    source.documents = 100 + s;
    for (int step = 0; step < 12; ++step) source.dropped["step#" + std::to_string(step)] = 1;
    source.kept = source.documents - 12;
    report.sources.push_back(source);
  }
  report.peak_memory.assign(20000, u64{1} << 30);
  report.hosts.assign(20000, "node-with-a-name");
  EXPECT_LT(report_html(report).size(), 2000000U);
}

TEST(Chart, HeightsFollowTheNumbers) {
  Histogram histogram{.id = "h",
                      .title = "t",
                      .x_title = "x",
                      .y_title = "y",
                      .columns = {{"a", "a", 50}, {"b", "b", 100}, {"c", "c", 0}}};
  const std::string svg = histogram_svg(histogram);
  std::vector<double> heights;
  for (std::size_t at = svg.find("<rect class=\"kept\""); at != std::string::npos;
       at = svg.find("<rect class=\"kept\"", at + 1)) {
    const std::size_t value = svg.find(" height=\"", at) + 9;
    heights.push_back(std::stod(svg.substr(value)));
  }
  ASSERT_EQ(heights.size(), 3U);
  EXPECT_NEAR(heights[0] * 2, heights[1], 0.2);
  EXPECT_EQ(heights[2], 0);
  EXPECT_NE(svg.find("<desc"), std::string::npos);
  histogram.columns.clear();
  EXPECT_EQ(histogram_svg(histogram), "");
}

}  // namespace
}  // namespace shardmill
