// The command `verify`: reads everything of a snapshot again and checks it, without the store.
#pragma once

#include "jobs/command/arguments.hpp"

namespace shardmill {

// Checks files (there, no others, size, SHA-256), shards (format, offsets, logical digest, order
// and place of rows) and documents (conservation, witnesses, scores, clusters, splits, counts; of
// token shards whose tokens they are and, when the tokenizer's files are there, of which text).
// Prints what was checked and up to 20 problems, "path: row N: what is wrong, expected …", to
// stdout; one JSON object with --json. What builds on damaged files is not checked. Returns 0, or 1
// when there is a problem.
//
// Memory: all verdicts are held, about 120 bytes per document read, 100 more per document kept, 300
// per cluster and 100 per group by lineage, also of one document, and the vocabulary of the
// tokenizer; see also verify_splits.hpp.
int verify_dataset(const Arguments& arguments);

}  // namespace shardmill
