// The takedown list, the same on every rank.
#pragma once

#include "cluster/communicator.hpp"
#include "jobs/run/pipeline.hpp"

namespace shardmill {

// Collective. One list for the whole run: what is not in it any more must not be read as if it
// were. DataError when the ranks have read different ones, or one cannot be read.
void load_exclusions_together(Communicator& control, Pipeline& pipeline);

}  // namespace shardmill
