// The part of `verify` that looks at documents: what ledger, clusters and texts say together.
#pragma once

#include "jobs/command/dataset.hpp"
#include "jobs/command/placement.hpp"
#include "jobs/command/verify_findings.hpp"
#include "operators/tokenize/tokenizer.hpp"

namespace shardmill {

// * Conservation: one kept or dropped row per document; their numbers per step and reason, kept
//   documents, splits and repeated ids are those of the manifest.
// * Witnesses: every document dropped as a duplicate names one that was not dropped by that step or
//   an earlier one, with a score that the step's settings allow. A witness from another dataset
//   (against) is counted only.
// * Clusters: as many members, kept ones and sources as the table says.
// * Groups by lineage: those of the manifest; a cluster, and a document with its witness, in one.
// * Splits: see verify_splits.hpp.
// * Texts: the documents of each split and epoch are exactly the kept ones that belong there.
// * Token shards: see verify_token_documents.hpp. `tokenizer`: the one that made the tokens; null
//   when it cannot be had.
// Memory as stated in verify.hpp. The files must be whole: DataError otherwise.
void verify_documents(const Dataset& dataset, const Job& job, Tokenizer* tokenizer,
                      VerifyFindings& findings);

}  // namespace shardmill
