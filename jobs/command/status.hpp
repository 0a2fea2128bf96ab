// The command `status`: how far the running or last run of a dataset is.
#pragma once

#include "jobs/command/arguments.hpp"

namespace shardmill {

// Prints what DIR/log/status.json says (engine/observe/observer.hpp) to stdout and how old it is;
// with --json its fields and `age_seconds`. Returns the exit code; DataError when no run has
// written there.
int show_status(const Arguments& arguments);

}  // namespace shardmill
