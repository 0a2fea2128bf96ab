#include "jobs/run/unknown_columns.hpp"

#include <gtest/gtest.h>

namespace shardmill {
namespace {

const std::string kJob = R"(
dataset: d
output: out
sources:
  - {name: web, read: a/*.jsonl, columns: {id: url, rank: stars}}
  - {name: docs, read: b/*.jsonl}
steps:
  - filter: {where: lang == 1}
  - dedup.exact: {keep: [highest:rank, newest:when]}
)";

using Sentences = std::vector<std::string>;

TEST(UnknownColumns, AreToldWithWhoNamesThem) {
  const Job job = parse_job(kJob, "job.yaml", "/", {});
  const std::set<std::string> all = {"id", "source", "text", "lang", "rank", "when"};
  EXPECT_EQ(unknown_columns(job, all, {{.documents = 2}, {.documents = 1}}), Sentences());
  EXPECT_EQ(
      unknown_columns(job, {"id", "source", "text", "lang"}, {{.documents = 2}, {.documents = 3}}),
      (Sentences{"source web: no record has the field 'stars', which `columns` puts into "
                 "'rank'",
                 "dedup.exact: keep names the column 'rank', which no document has",
                 "dedup.exact: keep names the column 'when', which no document has"}));
  // What is split by it stops the run when nothing of the dataset has it; this is of one that had.
  const Job split =
      parse_job(kJob + "  - split: {train: 1, group_by: site}\n", "job.yaml", "/", {});
  EXPECT_EQ(unknown_columns(split, all, {{.documents = 1}, {.documents = 1}}),
            (Sentences{"split: group_by names the column 'site', which no document has"}));
  // A source without documents says nothing of its fields.
  EXPECT_EQ(unknown_columns(job, {"lang", "rank", "when"}, {{.documents = 0}, {.documents = 1}}),
            Sentences());
}

}  // namespace
}  // namespace shardmill
