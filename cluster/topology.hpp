// Where the ranks are: nodes, ranks of a node, and whether all ranks that were asked for are here.
#pragma once

#include <string>
#include <vector>

#include "cluster/communicator.hpp"
#include "cluster/environment.hpp"

namespace shardmill {

struct Topology {
  std::vector<std::string> hosts;  // of each rank
  std::vector<u32> node_of;        // of each rank: 0 .. nodes-1, numbered by their lowest rank
  u32 nodes = 1;
  u32 ranks_on_node = 1;  // ranks that share memory with this one, itself included
  u32 local_rank = 0;     // this rank's place among them, by rank
};

// Collective, over MPI_COMM_WORLD; `control` must span the same ranks.
[[nodiscard]] Topology find_topology(Communicator& control);

// Throws ConfigError when SLURM_NTASKS, OMPI_COMM_WORLD_SIZE or PMI_SIZE announce more tasks than
// the world has ranks: then each task would be a run of its own, and all would write the same
// dataset. SHARDMILL_ALLOW_SINGLETON=1 overrides.
void refuse_missing_ranks(u32 world_size, const Environment& environment);

}  // namespace shardmill
