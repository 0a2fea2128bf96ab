// A job file, read and checked: nothing below this needs to doubt it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/plan/parameter.hpp"
#include "engine/plan/token_format.hpp"
#include "operators/read/source.hpp"

namespace shardmill {

struct SourceSpec {
  SourceSettings settings;        // name, format, columns, command, max_record
  std::vector<std::string> read;  // absolute paths and patterns, in the order written
  std::string where;              // "job.yaml:4:5"
};

struct StepSpec {
  std::string op;        // "dedup.minhash"
  std::string label;     // op, or op#position when the operator occurs more than once
  std::size_t position;  // from 1
  Settings settings;
  std::string where;
};

// A condition that a new snapshot must meet before it is published.
struct CheckSpec {
  std::string check;  // "completeness"
  std::string name;   // "completeness:author", unless the job gives one; unique
  Settings settings;
  std::string where;
  [[nodiscard]] bool only_warns() const { return settings.text("level") == "warn"; }
};

// The columns of documents that a step reads, `id`, `source` and `text` among them where they are
// named: the setting that names each, and the column.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> columns_read(const StepSpec& step);

// The columns that a step adds to documents when they are published: the setting that names each,
// and the column.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> columns_added(const StepSpec& step);

// The column of vectors that an embed step makes for the steps behind it; empty of any other step.
[[nodiscard]] std::string vectors_made(const StepSpec& step);

struct Job {
  std::string dataset;
  std::string output;  // absolute
  u64 seed = 0;
  std::vector<SourceSpec> sources;  // at least one
  std::vector<StepSpec> steps;
  std::vector<CheckSpec> checks;
  Bytes shard_size;                     // write.text.shard_size
  Bytes token_shard_size;               // write.tokens.shard_size
  std::optional<SampleFormat> samples;  // of write.tokens with layout sample
  u64 tolerated_files = 0;              // per source
  Decimal tolerated_records;            // share of a source's records, in [0, 1]

  std::string path;                    // of the job file, as given
  std::string text;                    // of the job file, as it is
  std::vector<std::string> overrides;  // as given
  // Every setting outside `sources` and `steps`, for `plan`.
  Settings top;
  Settings tolerate;
  Settings write_text;
  Settings write_tokens;
};

// Reads, overrides and checks a job file. Paths in it are relative to its folder; `~` and
// environment variables are not expanded. An override is "a.b=c" (see apply_overrides). ConfigError
// "file:line:column: what is wrong; what was expected", or that the file cannot be read; or that
// this build lacks what a step needs.
[[nodiscard]] Job read_job(const std::string& path, const std::vector<std::string>& overrides = {});

// The same from text, for whatever build; `folder` is where relative paths start (absolute), `name`
// is for messages.
[[nodiscard]] Job parse_job(const std::string& text, const std::string& name,
                            const std::string& folder,
                            const std::vector<std::string>& overrides = {});

}  // namespace shardmill
