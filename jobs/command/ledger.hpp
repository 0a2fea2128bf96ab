// The command `ledger`: every verdict of a dataset.
#pragma once

#include "jobs/command/arguments.hpp"

namespace shardmill {

// Writes one line per verdict to stdout, in the order of the shards' paths and their rows: a JSON
// object with --json, else columns for people. `kept` rows only when --fate asks for them. Returns
// the exit code.
int show_ledger(const Arguments& arguments);

}  // namespace shardmill
