// `--set a.b=c` reaches every place of a job file, and its mistakes name it.
#include "tests/jobs/spec/job_file.hpp"

namespace shardmill {
namespace {

const std::string kSteps =
    "  - normalize\n"
    "  - dedup.minhash: {threshold: 0.7}\n"
    "  - filter: {min_words: 1}\n"
    "  - filter: {min_words: 2}\n";

TEST(Overrides, StepsAreAddressedByNamePositionOrLabel) {
  for (const std::string address : {"steps.dedup.minhash.", "steps.2.", "steps.dedup.minhash#2."}) {
    const Job job = job_with(kSteps, {address + "threshold=0.9"});
    EXPECT_EQ(job.steps[1].settings.decimal("threshold").text(), "0.9") << address;
  }
  const Job job = job_with(kSteps, {"steps.filter#4.min_words=7", "steps.3.max_words=9"});
  EXPECT_EQ(job.steps[2].settings.integer("min_words"), 1);
  EXPECT_EQ(job.steps[2].settings.integer("max_words"), 9);
  EXPECT_EQ(job.steps[3].settings.integer("min_words"), 7);
}

TEST(Overrides, ReachAStepWrittenAsAName) {
  EXPECT_TRUE(
      job_with(kSteps, {"steps.normalize.case_fold=true"}).steps[0].settings.boolean("case_fold"));
}

TEST(Overrides, CreateSectionsAndReplaceWholeValues) {
  const Job job = job_of(kHead, {"write.text.shard_size=1GiB", "tolerate={files: 3}", "seed=5",
                                 "sources.a.read=[x, y]", "sources.1.columns.id=url",
                                 "steps=[dedup.exact]", "dataset=other"});
  EXPECT_EQ(job.shard_size.value, u64{1} << 30);
  EXPECT_EQ(job.tolerated_files, 3U);
  EXPECT_EQ(job.seed, 5U);
  EXPECT_EQ(job.sources[0].read.size(), 2U);
  EXPECT_EQ(job.sources[0].settings.id_field, "url");
  EXPECT_EQ(job.steps[0].op, "dedup.exact");
  EXPECT_EQ(job.dataset, "other");
}

TEST(Overrides, TheLastOneWins) { EXPECT_EQ(job_of(kHead, {"seed=5", "seed=6"}).seed, 6U); }

TEST(Overrides, AreCheckedLikeTheFile) {
  EXPECT_EQ(step_error(kSteps, {"steps.dedup.minhash.treshold=0.8"}),
            "--set steps.dedup.minhash.treshold=0.8: unknown key `treshold` in step dedup.minhash; "
            "did you mean `threshold`?");
  EXPECT_EQ(step_error(kSteps, {"seed=x"}),
            "--set seed=x: `seed` in the job: expected an integer of at least 0; found `x`");
  EXPECT_EQ(step_error(kSteps, {"sead=1"}),
            "--set sead=1: unknown key `sead` in the job; did you mean `seed`?");
}

TEST(Overrides, MistakesInTheAddressNameTheOverride) {
  EXPECT_EQ(step_error(kSteps, {"steps.dedup.minhahs.rows=1"}),
            "--set steps.dedup.minhahs.rows=1: no such step: `dedup.minhahs.rows`; did you mean "
            "`dedup.minhash`?");
  EXPECT_EQ(step_error(kSteps, {"steps.filter.min_words=1"}),
            "--set steps.filter.min_words=1: several steps match; address one by its position "
            "from 1: steps.2.…");
  EXPECT_EQ(step_error(kSteps, {"steps.5.min_words=1"}),
            "--set steps.5.min_words=1: there are 4 entries, counted from 1; found 5");
  EXPECT_EQ(step_error(kSteps, {"sources.b.read=1"}),
            "--set sources.b.read=1: no such source: `b`; allowed: a");
  EXPECT_EQ(step_error(kSteps, {"dataset.x=1"}),
            "--set dataset.x=1: `x` lies below `d`, which has no keys");
  EXPECT_EQ(step_error(kSteps, {"seed"}),
            "--set seed: expected NAME=VALUE, for example steps.dedup.minhash.seed=1");
  EXPECT_TRUE(
      step_error(kSteps, {"tolerate={files: [}"}).starts_with("--set tolerate={files: [}:"));
}

}  // namespace
}  // namespace shardmill
