// The command `plan`: what a run of a job file would do, without doing any of it.
#pragma once

#include "jobs/command/arguments.hpp"

namespace shardmill {

// Prints sources, passes, every setting and where it comes from, what the store already has, memory
// and scratch, and warnings to stdout; with --json one object. Needs no MPI; SHARDMILL_RANKS or
// --ranks say for how many ranks (1). Writes nothing. Files whose size or time changed are read, to
// see whether their content did. Returns the exit code; ConfigError and DataError as a run.
int run_plan(const Arguments& arguments);

}  // namespace shardmill
