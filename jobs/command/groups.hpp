// `shardmill groups`: documents that were dropped, below the document they were dropped for.
#pragma once

#include "jobs/command/arguments.hpp"

namespace shardmill {

// Prints the largest groups of a published dataset (those with the most near-duplicates first): the
// witness with the beginning of its text, the documents it stands for and how similar they were.
// Reads the ledger twice and the shards of the witnesses once; memory: one entry per witness.
int show_groups(const Arguments& arguments);

}  // namespace shardmill
