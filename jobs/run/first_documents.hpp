// --limit N: only as much is read as holds the first N documents.
#pragma once

#include "jobs/run/read_pass.hpp"

namespace shardmill {

struct ReadFirst {
  ReadDone done;
  DocKey last;  // documents after it are not part of the dataset
};

// Collective. Reads the fragments in order, twice as many each time, until they hold `limit` live
// documents, and cuts the plan down to them.
ReadFirst read_first_documents(Cluster& cluster, ReadPlan& plan, u64 limit, Observer& observer);

}  // namespace shardmill
