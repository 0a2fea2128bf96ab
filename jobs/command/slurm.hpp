// The command `slurm`: a batch script for a job file, and what can be said of the job beforehand.
#pragma once

#include "jobs/command/arguments.hpp"

namespace shardmill {

// Prints the script on stdout, and what it estimates (memory, scratch, time) on stderr as well as
// in the script's first lines. SHARDMILL names the launcher that the script calls. Runs nothing and
// writes nothing; reads what `plan` reads. Returns the exit code; ConfigError for numbers that
// cannot be, and errors as of `plan`.
int print_slurm_script(const Arguments& arguments);

}  // namespace shardmill
