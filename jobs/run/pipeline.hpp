// A job's steps as operators, and the fingerprints that say what is already done.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/plan/global_operator.hpp"
#include "engine/plan/row_operator.hpp"
#include "jobs/run/exclusion.hpp"
#include "jobs/spec/job.hpp"

namespace shardmill {

struct Step {
  std::size_t position = 0;  // in the job's list
  std::string op;
  std::string label;
  const Settings* settings = nullptr;      // of the job
  std::unique_ptr<RowOperator> row;        // one of these two, or none: exclude and split are
  std::unique_ptr<GlobalOperator> global;  // carried out by the run itself
  std::string sketch_fingerprint;          // of what the read pass does for this step
  std::size_t rows_before = 0;             // how many row steps come before it
  std::string fingerprint;                 // operator, version and byte-affecting settings
  std::string table_digest;                // of the files it reads, see look_at_tables()
};

struct Pipeline {
  std::optional<ExclusionList> excluded;  // see load_exclusions()
  // Row and global steps in job order, then exclude and split: where these stand in the job must
  // not change the numbers by which fragments know the others.
  std::vector<Step> steps;
  // Of everything that shapes a fragment's documents: row steps and where they stand, which texts
  // are kept, seed, store version. Sketches, exclude and split stand outside.
  std::string read_fingerprint;
  // A block of a fragment has no more documents: so that their sketches fit into memory.
  u64 block_rows = 0;

  [[nodiscard]] const Step* find(const std::string& op) const {
    for (const Step& step : steps) {
      if (step.op == op) return &step;
    }
    return nullptr;
  }
  // Position of the step that makes token ids.
  [[nodiscard]] std::optional<u32> tokenize() const {
    for (u32 i = 0; i < steps.size(); ++i) {
      if (steps[i].op == "tokenize") return i;
    }
    return std::nullopt;
  }
  // Whether a row step after `step` may change texts.
  [[nodiscard]] bool text_changes_after(std::size_t step) const;
  // The steps that take sketches.
  [[nodiscard]] std::vector<u32> sketching() const;
  // Whether the store keeps documents as `step` saw them, so that it can take sketches again.
  [[nodiscard]] bool keeps_documents_for(u32 step) const;
};

// Where the store keeps what `step` notes of the documents of a fragment. Steps that note the same
// of the same have one file.
[[nodiscard]] std::filesystem::path sketch_file(const std::filesystem::path& fragment,
                                                const Step& step);
// The name of that fragment.
[[nodiscard]] std::string fragment_of_sketches(const std::filesystem::path& sketches);

// Throws ConfigError for a step that this build cannot run.
[[nodiscard]] Pipeline make_pipeline(const Job& job);

// Reads the list of `exclude`, if the job has that step. DataError.
void load_exclusions(Pipeline& pipeline);

// The labels of the steps that may drop documents, in job order.
[[nodiscard]] std::vector<std::string> dropping_steps(const Pipeline& pipeline);

}  // namespace shardmill
