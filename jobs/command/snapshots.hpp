// The commands that move the link `current`, name snapshots and list them.
#pragma once

#include "jobs/command/arguments.hpp"

namespace shardmill {

// All take the dataset's lock but the first, print one line on stderr and return the exit code.
// DataError when there is no such dataset or snapshot, LockedError while a run has it.

// Prints a line for each snapshot; with --json an array.
int list_snapshots(const Arguments& arguments);
// `current` names snapshot N, or the newest.
int publish_snapshot(const Arguments& arguments);
// `current` names snapshot N, which must be older, or the one before the current one.
int roll_back(const Arguments& arguments);
// Snapshot N (or the current one) gets a name, which keeps it; with --remove the name goes.
int tag_snapshot(const Arguments& arguments);

}  // namespace shardmill
