// The ledger names witnesses by id; verdicts name them by key.
#pragma once

#include "engine/records/rows.hpp"
#include "jobs/run/decided.hpp"

namespace shardmill {

// Collective: the ids of the witnesses of this rank's dropped documents. Each row has the key of
// the document that was dropped (sortable) and the id of its witness; sorted.
[[nodiscard]] Rows fetch_witness_ids(Cluster& cluster, const Decided& decided);

}  // namespace shardmill
