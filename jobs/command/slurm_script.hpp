// A batch script for Slurm as text.
#pragma once

#include <string>
#include <vector>

#include "cluster/types.hpp"

namespace shardmill {

struct SlurmScript {
  std::vector<std::string> notes;  // lines of comment at its top
  std::string name;                // of the job: a dataset's, which fits into Slurm's lines
  u64 nodes = 1;
  u64 ranks_per_node = 1;
  u64 memory_mib = 0;            // per rank, for Slurm
  u64 seconds = 0;               // the time limit
  std::string partition;         // empty: the cluster's default
  std::string launcher;          // empty: that of the folder it is submitted from
  std::vector<std::string> run;  // arguments of `run`, the job file first
};

// Before the time limit Slurm warns the job: the time a run gets to finish what it is at. 300 s, as
// in the scripts of slurm/; less when the limit is below 20 minutes.
[[nodiscard]] u64 warning_seconds(u64 limit);

[[nodiscard]] std::string slurm_script(const SlurmScript& script);

// In single quotes where a shell would read it as anything but one word.
[[nodiscard]] std::string shell_word(const std::string& text);

}  // namespace shardmill
