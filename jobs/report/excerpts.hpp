// Ids and first characters of the documents that stand for the largest groups.
#pragma once

#include "jobs/report/statistics.hpp"
#include "jobs/run/documents.hpp"

namespace shardmill {

// Collective. `mine` is this rank's share; afterwards it is the same on every rank: merged, and
// each example of a group with its id and excerpt. Reads the texts of at most nine blocks.
void merge_statistics(Cluster& cluster, const Documents& documents, Statistics& mine);

}  // namespace shardmill
