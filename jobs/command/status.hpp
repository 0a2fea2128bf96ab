// The command `status`: how far the running or last run of a dataset is.
#pragma once

#include "jobs/command/arguments.hpp"

namespace shardmill {

// Prints what DIR/log/status.json says (engine/observe/observer.hpp) to stdout and how old it is;
// with --json its fields and `age_seconds`. Returns 0; with --wait, which waits for a run to end,
// what the run has ended with: 0 done, 1 failed or dead, 75 stopped, 5 when it goes on still.
// DataError when no run has written there.
int show_status(const Arguments& arguments);

}  // namespace shardmill
