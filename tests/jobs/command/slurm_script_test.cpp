// Words in scripts; what a script does is in test_slurm_command.py and tests/slurm.
#include "jobs/command/slurm_script.hpp"

#include <gtest/gtest.h>

namespace shardmill {
namespace {

TEST(SlurmScript, WordsThatAShellWouldChangeAreQuoted) {
  EXPECT_EQ(shell_word("/a/b-1.yaml"), "/a/b-1.yaml");
  EXPECT_EQ(shell_word("a.b=c"), "a.b=c");
  EXPECT_EQ(shell_word(""), "''");
  EXPECT_EQ(shell_word("my job"), "'my job'");
  EXPECT_EQ(shell_word("it's $x"), "'it'\\''s $x'");
  for (const char* special :
       {"~", "*", "[", "{", "#", ";", "&", "|", "<", "!", "\"", "\\", "\n", "é"}) {
    EXPECT_EQ(shell_word(special).front(), '\'') << special;
  }
}

TEST(SlurmScript, AShortJobIsWarnedLater) {
  EXPECT_EQ(warning_seconds(4 * 3600), 300U);
  EXPECT_EQ(warning_seconds(1200), 300U);
  EXPECT_EQ(warning_seconds(120), 30U);
}

}  // namespace
}  // namespace shardmill
