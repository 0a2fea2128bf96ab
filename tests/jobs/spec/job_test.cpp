#include "jobs/spec/job.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "tests/cluster/temporary_folder.hpp"
#include "tests/jobs/spec/job_file.hpp"

namespace shardmill {
namespace {

TEST(Job, ReadsEverythingTheDesignShows) {
  const Job job = job_of(R"yaml(dataset: nightly
output: data/nightly
sources:
  - {name: web,  read: corpus/web/*.jsonl.zst, columns: {id: url, text: text, topic: label}}
  - {name: docs, read: /usr/share/doc/**/copyright, format: text}
  - name: tables
    read: [a.parquet, ./b/../c.parquet]
    format: command
    command: [python3, -c, "print(1)"]
    max_record: 1MiB
steps:
  - normalize: {unicode: nfc}
  - dedup.exact: {}
  - dedup.minhash: {preset: dolma3, threshold: 0.8}
  - split: {train: 0.98, validation: 0.01, test: 0.01, by: cluster}
write:
  text: {shard_size: 64MiB}
tolerate: {files: 2, records: 0.01}
seed: 7
)yaml");
  EXPECT_EQ(job.dataset, "nightly");
  EXPECT_EQ(job.output, "/data/jobs/data/nightly");
  EXPECT_EQ(job.seed, 7U);
  EXPECT_EQ(job.shard_size, 64_MiB);
  EXPECT_EQ(job.tolerated_files, 2U);
  EXPECT_EQ(job.tolerated_records, (Decimal{1, 100}));
  ASSERT_EQ(job.sources.size(), 3U);
  const SourceSpec& web = job.sources[0];
  EXPECT_EQ(web.read, std::vector<std::string>{"/data/jobs/corpus/web/*.jsonl.zst"});
  EXPECT_EQ(web.settings.format, Format::jsonl);
  EXPECT_EQ(web.settings.id_field, "url");
  EXPECT_EQ(web.settings.text_field, "text");
  ASSERT_EQ(web.settings.columns.size(), 1U);
  EXPECT_EQ(web.settings.columns[0], (std::pair<std::string, std::string>("topic", "label")));
  EXPECT_EQ(web.settings.max_record, u64{16} << 20);
  EXPECT_EQ(web.where, "job.yaml:4:5");
  EXPECT_EQ(job.sources[1].read, std::vector<std::string>{"/usr/share/doc/**/copyright"});
  EXPECT_EQ(job.sources[1].settings.format, Format::text);
  const SourceSpec& tables = job.sources[2];
  EXPECT_EQ(tables.read,
            (std::vector<std::string>{"/data/jobs/a.parquet", "/data/jobs/c.parquet"}));
  EXPECT_EQ(tables.settings.command, (std::vector<std::string>{"python3", "-c", "print(1)"}));
  EXPECT_EQ(tables.settings.max_record, u64{1} << 20);
  ASSERT_EQ(job.steps.size(), 4U);
  EXPECT_EQ(job.steps[3].op, "split");
  EXPECT_EQ(job.steps[3].position, 4U);
  EXPECT_EQ(job.steps[3].where, "job.yaml:15:5");
  const auto fractions = job.steps[3].settings.decimal_map("fractions");
  ASSERT_EQ(fractions.size(), 3U);
  EXPECT_EQ(fractions[0].first, "train");
  EXPECT_EQ(fractions[0].second, (Decimal{98, 100}.plus({0, 1})));
  EXPECT_EQ(fractions[2].first, "test");
  EXPECT_EQ(job.steps[3].settings.text("by"), "cluster");
}

TEST(Job, KnowsItsDefaults) {
  const Job job = job_of(kHead);
  EXPECT_EQ(job.seed, 0U);
  EXPECT_TRUE(job.steps.empty());
  EXPECT_EQ(job.shard_size, 256_MiB);
  EXPECT_EQ(job.tolerated_files, 0U);
  EXPECT_EQ(job.tolerated_records, (Decimal{1, 1000}));
  EXPECT_EQ(job.text, kHead);
}

TEST(Job, AStepMayBeANameAMapOrANameWithoutValue) {
  const Job job = job_with("  - dedup.exact\n  - dedup.exact:\n  - dedup.exact: {}\n");
  ASSERT_EQ(job.steps.size(), 3U);
  EXPECT_EQ(job.steps[0].settings.canonical(), job.steps[1].settings.canonical());
  EXPECT_EQ(job.steps[0].settings.canonical(), job.steps[2].settings.canonical());
}

TEST(Job, RepeatedOperatorsAreLabelledByPosition) {
  const Job job = job_with("  - filter\n  - normalize\n  - filter\n");
  EXPECT_EQ(job.steps[0].label, "filter#1");
  EXPECT_EQ(job.steps[1].label, "normalize");
  EXPECT_EQ(job.steps[2].label, "filter#3");
}

TEST(Job, WordsThatYamlTakesForBooleansStayTexts) {
  const Job job = job_of(
      "dataset: no\noutput: on\nsources: [{name: yes, read: [off, n], columns: {id: no}}]\n");
  EXPECT_EQ(job.dataset, "no");
  EXPECT_EQ(job.output, "/data/jobs/on");
  EXPECT_EQ(job.sources[0].settings.name, "yes");
  EXPECT_EQ(job.sources[0].read[0], "/data/jobs/off");
  EXPECT_EQ(job.sources[0].settings.id_field, "no");
}

TEST(Job, NothingIsExpandedInPaths) {
  const Job job = job_of("dataset: d\noutput: ~/${HOME}\nsources: [{name: a, read: ~x}]\n");
  EXPECT_EQ(job.output, "/data/jobs/~/${HOME}");
  EXPECT_EQ(job.sources[0].read[0], "/data/jobs/~x");
}

TEST(Job, PathsOfStepsStartAtTheJobFileAndKeepASnapshot) {
  const Job job = job_with(
      "  - exclude: {ids: ../takedown.txt}\n"
      "  - dedup.exact: {against: [old@3, /abs/new/]}\n");
  EXPECT_EQ(job.steps[0].settings.text("ids"), "/data/takedown.txt");
  EXPECT_EQ(job.steps[1].settings.list("against"),
            (std::vector<std::string>{"/data/jobs/old@3", "/abs/new"}));
}

TEST(Job, JsonIsAJobFileToo) {
  const Job job = job_of(R"({"dataset": "d", "output": "o", "sources": [{"name": "a", "read": "x"}],
 "steps": [{"dedup.minhash": {"threshold": 0.75, "verify": false}}]})");
  EXPECT_EQ(job.steps[0].settings.decimal("threshold"), (Decimal{75, 100}));
  EXPECT_FALSE(job.steps[0].settings.boolean("verify"));
}

TEST(Job, RelativePathsStartAtTheFolderOfTheFile) {
  const TemporaryFolder folder;
  const std::string path = (folder / "job.yaml").string();
  std::ofstream(path) << kHead;
  const Job job = read_job(path, {"seed=3"});
  EXPECT_EQ(job.output, (folder / "out").string());
  EXPECT_EQ(job.path, path);
  EXPECT_EQ(job.text, kHead);
  EXPECT_EQ(job.seed, 3U);
  EXPECT_EQ(job.overrides, std::vector<std::string>{"seed=3"});
}

}  // namespace
}  // namespace shardmill
