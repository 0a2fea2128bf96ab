// The command `explain`: what happened to a document, and on what evidence.
#pragma once

#include "jobs/command/arguments.hpp"

namespace shardmill {

// Prints to stdout every document whose id or key (ordinal:offset) is the one asked for: its fate,
// its witness and score, where it is now, its cluster, and what it absorbed. A document
// that was taken down is found by its id although the ledger keeps only the id's hash. Reads the
// ledger twice, the clusters once, and few rows of texts; holds what it prints. Returns the exit
// code: 1 when there is no such document.
int explain_document(const Arguments& arguments);

}  // namespace shardmill
