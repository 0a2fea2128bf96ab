// The part of `verify` that looks at splits: what belongs together lies in one.
#pragma once

#include "jobs/command/dataset.hpp"
#include "jobs/command/verify_findings.hpp"
#include "jobs/command/verify_ledger.hpp"
#include "jobs/spec/job.hpp"

namespace shardmill {

// Proven on the published texts, without recomputing a split:
// * Columns of the split's group_by: the documents of every value lie in one split.
// * Clusters of the ledger: their kept documents do. With `by: document` they need not, and how
//   many do not is said in a line of what was checked.
// Values compare as they did when they tied (operators/split/lineage_value.hpp). What cannot be
// told is counted: whole numbers beyond 2^53 that a float64 column holds, and documents of clusters
// whose id others have too. Memory: about 64 bytes for each value, and 150 for each document of a
// cluster that keeps several.
void verify_splits(const Dataset& dataset, const Job& job, const LedgerContents& ledger,
                   VerifyFindings& findings);

}  // namespace shardmill
