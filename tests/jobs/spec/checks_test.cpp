// The section `checks`: names, settings, and every mistake where it stands.
#include <nlohmann/json.hpp>

#include "jobs/command/ops.hpp"
#include "jobs/command/schema.hpp"
#include "jobs/spec/declarations.hpp"
#include "jobs/spec/job_changes.hpp"
#include "tests/jobs/spec/job_file.hpp"

namespace shardmill {
namespace {

// The first check stands in line 6.
std::string checks(const std::string& text, const std::string& steps = "") {
  return kHead + "checks:\n" + text + steps;
}
std::string mistake(const std::string& text, const std::string& steps = "") {
  return job_error(checks(text, steps));
}

std::vector<std::string> names(const std::string& text) {
  std::vector<std::string> all;
  for (const CheckSpec& check : job_of(checks(text)).checks) all.push_back(check.name);
  return all;
}

TEST(CheckNames, SayWhatIsMeasured) {
  EXPECT_EQ(names("  - row_count: {min: 1}\n  - completeness: {column: author, min: 0.5}\n"),
            (std::vector<std::string>{"row_count", "completeness:author"}));
  EXPECT_EQ(
      names("  - uniqueness: {column: id}\n  - row_count: {min: 1}\n  - uniqueness: {column: id}\n"
            "  - uniqueness: {column: id, name: mine}\n"),
      (std::vector<std::string>{"uniqueness:id#1", "row_count", "uniqueness:id#3", "mine"}));
}

TEST(CheckSettings, HaveDefaults) {
  const Job job =
      job_of(checks("  - uniqueness: {column: id}\n  - in_set: {column: l, values: en}\n"
                    "  - drift: {column: l, max: 3.5, level: warn}\n"
                    "  - change_vs_previous: {max: 2}\n"));
  EXPECT_EQ(job.checks[0].settings.decimal("min").text(), "1");
  EXPECT_FALSE(job.checks[0].only_warns());
  EXPECT_EQ(job.checks[1].settings.decimal("share").text(), "1");
  EXPECT_EQ(job.checks[1].settings.list("values"), std::vector<std::string>{"en"});
  EXPECT_EQ(job.checks[2].settings.text("measure"), "js");
  EXPECT_TRUE(job.checks[2].only_warns());
  EXPECT_EQ(job.checks[3].settings.text("of"), "documents_kept");
  EXPECT_EQ(job.checks[0].where, "job.yaml:6:5");
  EXPECT_TRUE(job_of(kHead + "checks:\n").checks.empty());
  EXPECT_TRUE(job_of(kHead).checks.empty());
}

TEST(CheckSettings, AffectNoByte) {
  for (const OperatorDeclaration& check : check_declarations()) {
    for (const Parameter& parameter : check.parameters) {
      EXPECT_EQ(parameter.affects, Affects::speed) << check.name << " " << parameter.name;
    }
  }
}

TEST(CheckMistakes, AreReportedWhereTheyStand) {
  EXPECT_EQ(mistake("  - completenes: {column: a, min: 1}\n"),
            "job.yaml:6:5: unknown check `completenes`; did you mean `completeness`?");
  EXPECT_EQ(mistake("  - completeness: {colum: a, min: 1}\n"),
            "job.yaml:6:20: unknown key `colum` in check completeness; did you mean `column`?");
  EXPECT_EQ(mistake("  - completeness: {column: a}\n"),
            "job.yaml:6:19: check completeness needs the key `min` (least share)");
  EXPECT_EQ(mistake("  - completeness:\n"),
            "job.yaml:6:5: check completeness needs the key `column` (of the published documents)");
  EXPECT_EQ(mistake("  - row_count: {}\n"),
            "job.yaml:6:5: check row_count: give `min`, `max` or both");
  EXPECT_EQ(mistake("  - row_count: {min: 5, max: 4}\n"),
            "job.yaml:6:30: check row_count: max 4 is below min 5");
  EXPECT_EQ(mistake("  - in_range: {column: a, min: 0.5, max: 0.25}\n"),
            "job.yaml:6:42: check in_range: max 0.25 is below min 0.5");
  EXPECT_EQ(mistake("  - in_set: {column: a, values: []}\n"),
            "job.yaml:6:33: `values` in check in_set: expected at least one entry; found a list");
  EXPECT_EQ(mistake("  - row_count\n"),
            "job.yaml:6:5: a check is one name and its settings, for example `- row_count: {min: "
            "1000}`; found `row_count`");
  EXPECT_EQ(mistake("  - {row_count: {min: 1}, dup_rate: {max: 1}}\n"),
            "job.yaml:6:5: a check is one name and its settings, for example `- row_count: {min: "
            "1000}`; found a map");
  EXPECT_EQ(job_error(kHead + "checks: {row_count: {min: 1}}\n"),
            "job.yaml:5:9: `checks` must be a list; found a map");
  EXPECT_EQ(mistake("  - row_count: {min: 1, level: eror}\n"),
            "job.yaml:6:32: `level` in check row_count: expected one of error, warn; found `eror`; "
            "did you mean `error`?");
}

TEST(CheckMistakes, OfNumbersThatAreNone) {
  for (const std::string number : {".nan", "nan", ".inf", "-.inf", "1e3", "'0.5'"}) {
    const std::string found = number == "'0.5'" ? "the text \"0.5\"" : "`" + number + "`";
    EXPECT_EQ(mistake("  - in_range: {column: a, min: " + number + "}\n"),
              "job.yaml:6:32: `min` in check in_range: expected a decimal number, for example 0.8; "
              "found " +
                  found);
    EXPECT_EQ(mistake("  - dup_rate: {max: " + number + "}\n").substr(0, 60),
              "job.yaml:6:21: `max` in check dup_rate: expected a decimal n");
  }
  EXPECT_EQ(mistake("  - row_count: {min: .inf}\n"),
            "job.yaml:6:22: `min` in check row_count: expected an integer of at least 0; found "
            "`.inf`");
  EXPECT_EQ(mistake("  - completeness: {column: a, min: 1.5}\n"),
            "job.yaml:6:36: `min` in check completeness: expected a number of at least 0 and at "
            "most 1; found `1.5`");
  EXPECT_EQ(mistake("  - drift: {column: a, max: -1}\n"),
            "job.yaml:6:29: `max` in check drift: expected a number of at least 0; found `-1`");
}

TEST(CheckMistakes, OfExpressionsAreInsideThem) {
  EXPECT_EQ(mistake("  - pattern: {column: a, regex: 'x(y'}\n"),
            "job.yaml:6:33: `regex` in check pattern: `x(y` is no regular expression: mismatched "
            "paren at character 3");
}

TEST(CheckMistakes, OfNamesThatTheJobHasNot) {
  const std::string steps = "steps: [dedup.exact, {split: {train: 0.5, test: 0.5}}]\n";
  EXPECT_EQ(mistake("  - row_count: {min: 1, split: tset}\n", steps),
            "job.yaml:6:32: `split` in check row_count: the job has no split `tset`; did you mean "
            "`test`?");
  EXPECT_EQ(
      mistake("  - row_count: {min: 1, split: test}\n"),
      "job.yaml:6:32: `split` in check row_count: the job has no split `test`; allowed: train");
  EXPECT_EQ(
      mistake("  - removal_share: {max: 1, source: b}\n"),
      "job.yaml:6:37: `source` in check removal_share: the job has no source `b`; allowed: a");
  EXPECT_EQ(mistake("  - removal_share: {max: 1, step: dedup.exakt}\n", steps),
            "job.yaml:6:35: `step` in check removal_share: the job has no step `dedup.exakt`; did "
            "you mean `dedup.exact`?");
  EXPECT_EQ(mistake("  - dup_rate: {max: 1}\n"),
            "job.yaml:6:5: check dup_rate: no step of the job is one of dedup.*");
  EXPECT_EQ(mistake("  - contamination_rate: {max: 1}\n", steps),
            "job.yaml:6:5: check contamination_rate: no step of the job is decontaminate");
  EXPECT_EQ(mistake("  - row_count: {min: 1, name: x}\n  - row_count: {max: 9, name: x}\n"),
            "job.yaml:7:31: the name `x` is that of another check, at job.yaml:6:5");
}

TEST(Checks, CanBeOverridden) {
  const std::string text =
      checks("  - row_count: {min: 1}\n  - dup_rate: {max: 1}\n", "steps: [dedup.exact]\n");
  const Job job = job_of(text, {"checks.dup_rate.max=0.5", "checks.1.min=7"});
  EXPECT_EQ(job.checks[0].settings.integer("min"), 7);
  EXPECT_EQ(job.checks[1].settings.decimal("max").text(), "0.5");
  EXPECT_EQ(job_error(text, {"checks.dup_rat.max=1"}),
            "--set checks.dup_rat.max=1: no such check: `dup_rat.max`; did you mean `dup_rate`?");
}

TEST(Checks, AreChangesOfTheJob) {
  const Job before = job_of(checks("  - row_count: {min: 1}\n"));
  const Job now = job_of(checks("  - row_count: {min: 2}\n"));
  const std::vector<JobChange> changes = job_changes(before, now);
  ASSERT_EQ(changes.size(), 1);
  EXPECT_EQ(changes[0].setting + " " + changes[0].before + " " + changes[0].now,
            "checks.row_count.min 1 2");
}

TEST(Checks, AreInTheSchemaAndTheHelp) {
  using Json = nlohmann::json;
  const Json schema = Json::parse(job_schema())["properties"]["checks"]["items"]["properties"];
  const Json described = Json::parse(operators_json())["checks"];
  ASSERT_EQ(schema.size(), check_declarations().size());
  ASSERT_EQ(described.size(), check_declarations().size());
  for (const OperatorDeclaration& check : check_declarations()) {
    EXPECT_EQ(schema[check.name]["properties"].size(), check.parameters.size());
    EXPECT_NE(operators_text().find("\n" + check.name + " (check): " + check.help),
              std::string::npos);
  }
  EXPECT_EQ(schema["completeness"]["required"], Json({"column", "min"}));
}

}  // namespace
}  // namespace shardmill
