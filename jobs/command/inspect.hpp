// The command `inspect`: what is in a dataset, at a glance.
#pragma once

#include "jobs/command/arguments.hpp"

namespace shardmill {

// Prints counts, shards, columns (types, how many documents lack a value) and the first three
// documents to stdout: excerpts for people, everything with --json; with --tokens what
// inspect_tokens.hpp says. Returns the exit code.
int inspect_dataset(const Arguments& arguments);

}  // namespace shardmill
