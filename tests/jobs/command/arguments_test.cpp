#include "jobs/command/arguments.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "cluster/error.hpp"

namespace shardmill {
namespace {

Arguments parse(const std::vector<std::string>& words) {
  std::vector<const char*> argv = {"shardmill"};
  for (const std::string& word : words) argv.push_back(word.c_str());
  return parse_arguments(static_cast<int>(argv.size()), argv.data());
}

std::string error_of(const std::vector<std::string>& words) {
  try {
    (void)parse(words);
  } catch (const ConfigError& error) {
    return error.what();
  }
  ADD_FAILURE() << "no ConfigError";
  return {};
}

TEST(Arguments, ReadsARun) {
  const Arguments a = parse(
      {"run", "--set", "seed=1", "job.yaml", "--set=steps.dedup.minhash.rows=3", "--memory", "8GiB",
       "--scratch", "/tmp", "--scratch-limit=2MiB", "--limit", "100", "--ranks=4", "--fresh"});
  EXPECT_EQ(a.command, "run");
  EXPECT_EQ(a.job, "job.yaml");
  EXPECT_EQ(a.set, (std::vector<std::string>{"seed=1", "steps.dedup.minhash.rows=3"}));
  EXPECT_EQ(a.memory, Bytes{u64{8} << 30});
  EXPECT_EQ(a.limit, 100U);
  EXPECT_EQ(a.ranks, 4U);
  EXPECT_EQ(a.scratch, "/tmp");
  EXPECT_EQ(a.scratch_limit, 2_MiB);
  EXPECT_TRUE(a.fresh);
  EXPECT_FALSE(a.dry_run);
  EXPECT_TRUE(parse({"run", "job.yaml", "--dry-run"}).dry_run);
  EXPECT_FALSE(a.json);
}

TEST(Arguments, WhatIsNotSaidIsUnset) {
  const Arguments a = parse({"run", "job.yaml"});
  EXPECT_FALSE(a.memory || a.limit || a.ranks || a.fresh || a.dry_run || a.json || a.evidence);
  EXPECT_TRUE(a.set.empty() && a.scratch.empty() && a.step.empty() && a.fate.empty());
  EXPECT_EQ(a.format, "jsonl");
  EXPECT_EQ(a.to, "-");
}

TEST(Arguments, ReadsTheCommandsThatLookAtADataset) {
  const Arguments explain = parse({"explain", "out", "http://x/-1", "--json"});
  EXPECT_EQ(explain.directory, "out");
  EXPECT_EQ(explain.id, "http://x/-1");
  EXPECT_TRUE(explain.json);
  const Arguments ledger =
      parse({"ledger", "out", "--step", "dedup.minhash#2", "--fate", "dropped"});
  EXPECT_EQ(ledger.step, "dedup.minhash#2");
  EXPECT_EQ(ledger.fate, "dropped");
  EXPECT_EQ(parse({"ledger", "out", "--witness", "gsm8k/"}).witness, "gsm8k/");
  EXPECT_EQ(parse({"export", "out", "--format", "jsonl", "--to", "-"}).to, "-");
  EXPECT_EQ(parse({"export", "out", "--to", "x.jsonl"}).to, "x.jsonl");
  EXPECT_TRUE(parse({"verify", "out", "--evidence"}).evidence);
  EXPECT_EQ(parse({"explain", "out", "--", "-id-"}).id, "-id-");
  for (const char* command : {"inspect", "status", "report"}) {
    EXPECT_EQ(parse({command, "out", "--json"}).directory, "out");
  }
}

TEST(Arguments, ReadsTheCommandsForSnapshots) {
  EXPECT_EQ(parse({"diff", "out@1", "out@2"}).directory, "out@1");
  EXPECT_EQ(parse({"diff", "out@1", "out@2", "--documents"}).other, "out@2");
  EXPECT_TRUE(parse({"diff", "out"}).other.empty());
  EXPECT_EQ(parse({"publish", "out", "7"}).snapshot, 7U);
  EXPECT_FALSE(parse({"rollback", "out"}).snapshot.has_value());
  const Arguments tag = parse({"tag", "out", "v1", "3", "--wait", "60"});
  EXPECT_EQ(tag.name, "v1");
  EXPECT_EQ(tag.snapshot, 3U);
  EXPECT_EQ(tag.wait, 60U);
  EXPECT_EQ(parse({"run", "job.yaml", "--wait", "0"}).wait, 0U);
  EXPECT_FALSE(parse({"run", "job.yaml"}).wait.has_value());
  for (const char* wrong : {"-1", "31622401", "x"}) {
    EXPECT_EQ(error_of({"gc", "out", std::string("--wait=") + wrong}),
              "shardmill gc: `--wait` expects an integer of at least 0; "
              "found `" +
                  std::string(wrong) + "`");
  }
  const Arguments gc = parse({"gc", "out", "--keep", "5", "--keep-days", "30", "--dry-run"});
  EXPECT_EQ(gc.keep, 5U);
  EXPECT_EQ(gc.keep_days, 30U);
  EXPECT_TRUE(gc.dry_run);
  for (const char* wrong : {"0", "-1", "x", "1.5", ""}) {
    EXPECT_TRUE(error_of({"publish", "out", "--", wrong}).starts_with("shardmill publish: "))
        << wrong;
  }
}

TEST(Arguments, ReadsWhatABatchScriptIsToSay) {
  const Arguments a =
      parse({"slurm", "job.yaml", "--nodes", "4", "--time=1-12:00", "--ranks-per-node", "8",
             "--partition", "cpu,gpu", "--memory", "2GiB"});
  EXPECT_EQ(a.job, "job.yaml");
  EXPECT_EQ(a.nodes, 4U);
  EXPECT_EQ(a.time, "1-12:00");
  EXPECT_EQ(a.ranks_per_node, 8U);
  EXPECT_EQ(a.partition, "cpu,gpu");
  EXPECT_FALSE(parse({"slurm", "job.yaml"}).nodes);
  EXPECT_EQ(error_of({"slurm", "job.yaml", "--nodes", "0"}),
            "shardmill slurm: `--nodes` expects an integer of at least 1; found `0`");
}

TEST(Arguments, ReadsHowSamplesArePacked) {
  EXPECT_FALSE(parse({"export", "d", "--format", "olmo"}).samples);
  const Arguments plain =
      parse({"export", "d", "--format", "hdf5-sample", "--max-sequence-length", "2048"});
  ASSERT_TRUE(plain.samples);
  EXPECT_EQ(plain.samples->length, 2048U);
  EXPECT_EQ(plain.samples->packing, Packing::concat);
  EXPECT_FALSE(plain.samples->spans);
  const Arguments all = parse({"export", "d", "--format=hdf5-sample", "--max-sequence-length=1",
                               "--packing=best_fit", "--attention-spans"});
  ASSERT_TRUE(all.samples);
  EXPECT_EQ(all.samples->packing, Packing::best_fit);
  EXPECT_TRUE(all.samples->spans);
  EXPECT_EQ(error_of({"export", "d", "--packing", "greedy"}),
            "shardmill export: `--packing` is for `--format hdf5-sample`");
}

TEST(Arguments, ReadsWhatInspectShowsOfTokens) {
  EXPECT_FALSE(parse({"inspect", "d"}).tokens);
  const Arguments a = parse({"inspect", "d", "--tokens", "--tokenizer", "t.json"});
  EXPECT_TRUE(a.tokens);
  EXPECT_EQ(a.tokenizer, "t.json");
}

TEST(Arguments, ReadsWhichTokenizer) {
  const Arguments a = parse({"tokenize", "--encoding", "gpt2", "--vocabulary=encoder.json",
                             "--merges", "vocab.bpe", "--allow-special"});
  EXPECT_EQ(a.encoding, "gpt2");
  EXPECT_EQ(a.vocabulary, "encoder.json");
  EXPECT_EQ(a.merges, "vocab.bpe");
  EXPECT_TRUE(a.allow_special && !a.decode && a.tokenizer.empty());
  EXPECT_EQ(parse({"tokenize", "--tokenizer", "t.json", "--decode"}).tokenizer, "t.json");
  EXPECT_TRUE(parse({"tokenize", "--tokenizer", "t.json", "--decode"}).decode);
  EXPECT_EQ(error_of({"tokenize", "texts.jsonl"}),
            "shardmill tokenize: unexpected `texts.jsonl`; usage: shardmill tokenize [options]");
}

TEST(Arguments, HelpIsAskedForInEveryWay) {
  EXPECT_EQ(parse({}).command, "help");
  EXPECT_EQ(parse({"--help"}).command, "help");
  EXPECT_EQ(parse({"-h"}).topic, "");
  EXPECT_EQ(parse({"run", "--help"}).command, "help");
  EXPECT_EQ(parse({"run", "--help"}).topic, "run");
  EXPECT_EQ(parse({"help", "ledger"}).topic, "ledger");
  EXPECT_EQ(parse({"--version"}).command, "version");
}

TEST(Arguments, MistakesNameTheNearestSpelling) {
  EXPECT_EQ(error_of({"rnu", "job.yaml"}), "shardmill: unknown command `rnu`; did you mean `run`?");
  EXPECT_TRUE(error_of({"frobnicate"})
                  .starts_with("shardmill: unknown command `frobnicate`; allowed: run, plan, "));
  EXPECT_EQ(error_of({"run", "job.yaml", "--memmory", "1GiB"}),
            "shardmill run: unknown option `--memmory`; did you mean `--memory`?");
  // A beginning is not enough, and options of other commands are unknown.
  EXPECT_EQ(
      error_of({"run", "job.yaml", "--mem", "1GiB"}),
      "shardmill run: unknown option `--mem`; allowed: --set, --ranks, --memory, --scratch, "
      "--scratch-limit, --limit, --fresh, --dry-run, --allow-empty, --despite-checks, --compact, "
      "--wait, --trace, --json, "
      "--route, --ranks-per-node, --help");
  EXPECT_TRUE(error_of({"verify", "x", "--fresh"})
                  .starts_with("shardmill verify: unknown option `--fresh`; "));
  EXPECT_EQ(error_of({"help", "plam"}), "unknown command `plam`; did you mean `plan`?");
  EXPECT_EQ(error_of({"run", "job.yaml", "-n", "4"}),
            "shardmill run: unknown option `-n`; options begin with --");
  EXPECT_EQ(error_of({"--memory", "1GiB", "run"}),
            "shardmill: the command comes first, then its options; found `--memory`");
}

TEST(Arguments, WrongValuesSayWhatWasExpected) {
  EXPECT_EQ(error_of({"run", "j", "--memory", "8GB"}),
            "shardmill run: `--memory` expects a size such as 8GiB or 512MiB; found `8GB`");
  EXPECT_EQ(error_of({"run", "j", "--memory", "0"}),
            "shardmill run: `--memory` expects a size such as 8GiB or 512MiB; found `0`");
  EXPECT_EQ(error_of({"run", "j", "--limit", "0"}),
            "shardmill run: `--limit` expects an integer of at least 1; found `0`");
  EXPECT_EQ(error_of({"run", "j", "--ranks=-3"}),
            "shardmill run: `--ranks` expects an integer of at least 1; found `-3`");
  EXPECT_EQ(error_of({"ledger", "d", "--fate", "droped"}),
            "shardmill ledger: `--fate` expects one of kept, dropped, changed, evidence; found "
            "`droped`; did "
            "you mean `dropped`?");
  EXPECT_EQ(error_of({"export", "d", "--format", "parquet"}),
            "shardmill export: `--format` expects one of jsonl, hdf5-sample, megatron, nanogpt, "
            "nanotron, olmo; found `parquet`");
  EXPECT_EQ(error_of({"export", "d", "--format=hdf5-sample", "--max-sequence-length=1048577"}),
            "shardmill export: `--max-sequence-length` expects at most 1048576; found `1048577`");
}

TEST(Arguments, MissingRepeatedAndSuperfluousOnesAreErrors) {
  EXPECT_EQ(error_of({"run"}),
            "shardmill run: JOB.yaml is missing; usage: shardmill run JOB.yaml [options]");
  EXPECT_EQ(error_of({"explain", "d"}),
            "shardmill explain: ID is missing; usage: shardmill explain DIR ID [options]");
  EXPECT_EQ(error_of({"verify", "a", "b"}),
            "shardmill verify: unexpected `b`; usage: shardmill verify DIR [options]");
  EXPECT_TRUE(error_of({"run", "j", "--fresh", "--dry-run"}).find("--dry-run") !=
              std::string::npos);
  EXPECT_TRUE(error_of({"run", "j", "--memory"}).starts_with("shardmill run: "));
  EXPECT_TRUE(
      error_of({"run", "j", "--memory=1GiB", "--memory=2GiB"}).starts_with("shardmill run: "));
  EXPECT_TRUE(error_of({"run", "j", "--fresh=yes"}).starts_with("shardmill run: "));
}

TEST(Help, FitsAWindowAndKnowsEveryCommand) {
  std::istringstream all(help_text(""));
  std::size_t lines = 0;
  for (std::string line; std::getline(all, line); ++lines) EXPECT_LE(line.size(), 80U) << line;
  EXPECT_LE(lines, 32U);
  for (const std::string& name : command_names()) {
    EXPECT_NE(help_text("").find("\n  " + name + " "), std::string::npos) << name;
    EXPECT_NE(help_text(name).find("usage: shardmill " + name), std::string::npos) << name;
    std::istringstream help(help_text(name));
    for (std::string line; std::getline(help, line);) EXPECT_LE(line.size(), 80U) << line;
  }
  EXPECT_NE(help_text("run").find("--dry-run"), std::string::npos);
}

}  // namespace
}  // namespace shardmill
