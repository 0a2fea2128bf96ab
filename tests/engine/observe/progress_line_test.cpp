#include "engine/observe/progress_line.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <sstream>

namespace shardmill {
namespace {

using Clock = ProgressLine::Clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

StageProgress reading(u64 done, double after) { return {"read", "B", done, 1000, after, false}; }

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t n = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

// What a terminal shows: "\r" goes back to the first column, later characters replace earlier ones.
std::string on_screen(const std::string& written) {
  std::string screen, line;
  std::size_t column = 0;
  for (const char c : written) {
    if (c == '\n') {
      screen += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
      line.clear();
      column = 0;
    } else if (c == '\r') {
      column = 0;
    } else {
      if (column == line.size()) line += ' ';
      line[column++] = c;
    }
  }
  return screen + line.substr(0, line.find_last_not_of(' ') + 1);
}

TEST(StageProgress, ShareRateAndTimeLeft) {
  const StageProgress half = reading(500, 10);
  EXPECT_DOUBLE_EQ(half.share().value(), 0.5);
  EXPECT_DOUBLE_EQ(half.rate().value(), 50);
  EXPECT_DOUBLE_EQ(half.eta_seconds().value(), 10);
  const StageProgress over = reading(1500, 10);
  EXPECT_DOUBLE_EQ(over.share().value(), 1);
  EXPECT_DOUBLE_EQ(over.eta_seconds().value(), 0);
  EXPECT_FALSE(reading(0, 10).eta_seconds());
  EXPECT_FALSE(reading(10, 0).rate());
  EXPECT_FALSE((StageProgress{"x", "", 5, 0, 1, false}.share()));
}

TEST(ProgressText, Amounts) {
  EXPECT_EQ(amount_text(0, "B"), "0 B");
  EXPECT_EQ(amount_text(1023, "B"), "1023 B");
  EXPECT_EQ(amount_text(1024, "B"), "1.0 KiB");
  EXPECT_EQ(amount_text(1.5 * 1024 * 1024 * 1024, "B"), "1.5 GiB");
  EXPECT_EQ(amount_text(1024 * 1024 - 1, "B"), "1.0 MiB");
  EXPECT_EQ(amount_text(2.5, "documents"), "2.5 documents");
  EXPECT_EQ(amount_text(9999, "documents"), "9999 documents");
  EXPECT_EQ(amount_text(12345, "documents"), "12.3k documents");
  EXPECT_EQ(amount_text(4e6, ""), "4.0M");
  EXPECT_EQ(amount_text(999'999, ""), "1.0M");
}

TEST(ProgressText, Durations) {
  EXPECT_EQ(duration_text(0.04), "0.0 s");
  EXPECT_EQ(duration_text(59.94), "59.9 s");
  EXPECT_EQ(duration_text(59.96), "1 min 00 s");
  EXPECT_EQ(duration_text(302), "5 min 02 s");
  EXPECT_EQ(duration_text(3599.9), "1 h 00 min");
  EXPECT_EQ(duration_text(7500), "2 h 05 min");
}

TEST(ProgressText, PercentReachesHundredOnlyAtTheEnd) {
  EXPECT_NE(bar_text(reading(999, 1)).find(" 99%"), std::string::npos);
  EXPECT_EQ(bar_text(reading(999, 1)).find("[####################]"), std::string::npos);
  EXPECT_NE(bar_text(reading(1000, 1)).find("100% [####################]"), std::string::npos);
}

TEST(ProgressText, AnEstimateIsMarked) {
  StageProgress progress = reading(500, 10);
  EXPECT_EQ(end_text(progress, true), "shardmill: read: 500 B in 10.0 s (50 B/s)");
  EXPECT_EQ(line_text(progress), "shardmill: read: 50% (500 B of 1000 B), 50 B/s, 10.0 s left");
  progress.estimated = true;
  EXPECT_EQ(end_text(progress, true), "shardmill: read: ~500 B in 10.0 s (~50 B/s)");
  EXPECT_NE(end_text(progress, false), end_text(progress, true));
  EXPECT_EQ(end_text({"sort", "", 0, 0, 2, true}, true), "shardmill: sort: 2.0 s");
}

TEST(ProgressText, ABarFitsItsTerminalWhateverTheNumbers) {
  constexpr u64 kMost = std::numeric_limits<u64>::max();
  for (const u64 done : {u64{0}, u64{1}, kMost / 2, kMost}) {
    for (const u64 total : {u64{0}, u64{1}, kMost}) {
      for (const double after : {0.0, 1e-9, 1.0, 1e12}) {
        for (const std::string unit : {"B", "documents"}) {
          const StageProgress progress{std::string(200, 'n'), unit, done, total, after, true};
          EXPECT_LE(bar_text(progress).size(), 79U);
        }
      }
    }
  }
}

TEST(ProgressLine, LinesComeEveryThirtySecondsAndWithoutCarriageReturns) {
  std::ostringstream out;
  ProgressLine line(ProgressForm::line, out);
  const Clock::time_point start{};
  line.begin(reading(0, 0), start);
  for (int s = 1; s <= 95; ++s) {
    line.show(reading(static_cast<u64>(s), s), start + seconds(s));
  }
  EXPECT_EQ(count(out.str(), "\n"), 3U) << out.str();
  line.message("two\rwords\n");
  line.end({"na\rme", "B\r", 1000, 1000, 100, false}, true);
  EXPECT_EQ(count(out.str(), "\n"), 5U) << out.str();
  EXPECT_EQ(out.str().find('\r'), std::string::npos);
  EXPECT_EQ(out.str().find('\x1b'), std::string::npos);
}

TEST(ProgressLine, ABarIsRewrittenInPlaceAtMostFiveTimesASecond) {
  std::ostringstream out;
  ProgressLine bar(ProgressForm::bar, out);
  const Clock::time_point start{};
  bar.begin(reading(0, 0), start);
  for (int ms = 1; ms <= 1000; ++ms) {
    bar.show(reading(static_cast<u64>(ms) - 1, ms / 1000.0), start + milliseconds(ms));
  }
  EXPECT_EQ(count(out.str(), "\r"), 6U);
  EXPECT_EQ(count(out.str(), "\n"), 0U);
  EXPECT_EQ(on_screen(out.str()), bar_text(reading(999, 1)));
}

TEST(ProgressLine, ShorterTextsLeaveNothingOfLongerOnesBehind) {
  std::ostringstream out;
  ProgressLine bar(ProgressForm::bar, out);
  const Clock::time_point start{};
  const StageProgress with_long_name{"a rather long name", "documents", 12345, 99999, 7, true};
  bar.begin(with_long_name, start);
  bar.show(reading(1, 1), start + seconds(1));
  EXPECT_EQ(on_screen(out.str()), bar_text(reading(1, 1)));
  bar.message("warned");
  EXPECT_EQ(on_screen(out.str()), "warned\n");
  bar.show(reading(2, 2), start + seconds(2));
  bar.end(reading(1000, 3), true);
  EXPECT_EQ(on_screen(out.str()), "warned\n" + end_text(reading(1000, 3), true) + "\n");
  EXPECT_EQ(out.str().find('\x1b'), std::string::npos);
}

TEST(ProgressLine, NoneIsSilentButForMessages) {
  std::ostringstream out;
  ProgressLine none(ProgressForm::none, out);
  none.begin(reading(0, 0), Clock::time_point{});
  none.show(reading(5, 99), Clock::time_point{} + seconds(99));
  none.end(reading(9, 100), true);
  EXPECT_EQ(out.str(), "");
  none.message("warned");
  EXPECT_EQ(out.str(), "warned\n");
}

}  // namespace
}  // namespace shardmill
