// The arithmetic of expected_seconds; that run.json is read right is in test_slurm_command.py.
#include "jobs/command/last_run.hpp"

#include <gtest/gtest.h>

namespace shardmill {
namespace {

constexpr LastRun kLast{
    .ranks = 4, .seconds = 100, .read_seconds = 60, .bytes = 1000, .bytes_read = 500};

TEST(LastRun, ReadingAndTheRestGrowWithTheirBytes) {
  EXPECT_DOUBLE_EQ(*expected_seconds(kLast, 1000, 500, 4), 100);
  EXPECT_DOUBLE_EQ(*expected_seconds(kLast, 1000, 1000, 4), 160);  // twice the reading
  EXPECT_DOUBLE_EQ(*expected_seconds(kLast, 2000, 500, 4), 140);   // twice the rest
  EXPECT_DOUBLE_EQ(*expected_seconds(kLast, 1000, 0, 4), 40);
  EXPECT_DOUBLE_EQ(*expected_seconds(kLast, 1000, 500, 16), 25);
}

TEST(LastRun, WhatItDidNotDoItCannotForetell) {
  LastRun read_nothing = kLast;
  read_nothing.bytes_read = 0;
  EXPECT_FALSE(expected_seconds(read_nothing, 1000, 1, 4));
  EXPECT_DOUBLE_EQ(*expected_seconds(read_nothing, 1000, 0, 4), 40);
  EXPECT_FALSE(expected_seconds({.ranks = 4, .seconds = 1}, 1000, 0, 4));
}

}  // namespace
}  // namespace shardmill
