#include "jobs/command/slurm_time.hpp"

#include <gtest/gtest.h>

namespace shardmill {
namespace {

TEST(SlurmTime, ReadsEveryFormOfSbatch) {
  EXPECT_EQ(parse_slurm_time("90"), 90U * 60);
  EXPECT_EQ(parse_slurm_time("1:30"), 90U);
  EXPECT_EQ(parse_slurm_time("4:00:00"), 4U * 3600);
  EXPECT_EQ(parse_slurm_time("2-12"), 60U * 3600);
  EXPECT_EQ(parse_slurm_time("2-12:30"), 60U * 3600 + 1800);
  EXPECT_EQ(parse_slurm_time("1-0:0:1"), 86401U);
  EXPECT_EQ(parse_slurm_time("0"), 0U);
}

TEST(SlurmTime, RefusesAllElse) {
  for (const char* text :
       {"", ":", "4h", "4:", ":30", "1:2:3:4", "1-", "-1", "1-2:3:4:5", "1-2-3", "1:2-3", " 1",
        "1.5", "+1", "99999999999999999999", "9999999999", "9999-0", "infinite"}) {
    EXPECT_FALSE(parse_slurm_time(text)) << text;
  }
}

TEST(SlurmTime, WritesWhatItReads) {
  EXPECT_EQ(slurm_time_text(4 * 3600), "04:00:00");
  EXPECT_EQ(slurm_time_text(59), "00:00:59");
  EXPECT_EQ(slurm_time_text(2 * 86400 + 3661), "2-01:01:01");
  for (const u64 seconds : {u64{0}, u64{3599}, u64{86399}, u64{86400}, u64{10'000'000}}) {
    EXPECT_EQ(parse_slurm_time(slurm_time_text(seconds)), seconds);
  }
}

}  // namespace
}  // namespace shardmill
