// The command `diff`: what differs between two snapshots.
#pragma once

#include "jobs/command/arguments.hpp"

namespace shardmill {

// Of two snapshots (see find_snapshot), or of a dataset's current one and the one
// before it: counts by source and reason; with --documents a line (with --json an object) for each
// document. Returns the exit code. DataError when one is not there.
int show_difference(const Arguments& arguments);

}  // namespace shardmill
