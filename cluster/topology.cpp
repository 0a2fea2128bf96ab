#include "cluster/topology.hpp"

#include <mpi.h>

#include <algorithm>
#include <map>

#include "cluster/host.hpp"
#include "cluster/mpi_check.hpp"

namespace shardmill {

Topology find_topology(Communicator& control) {
  MPI_Comm node = MPI_COMM_NULL;
  check_mpi(MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED,
                                narrow<int>(control.rank().value), MPI_INFO_NULL, &node),
            "MPI_Comm_split_type");
  int local_rank = 0;
  int local_size = 0;
  u64 lowest = control.rank().value;
  const int failed[] = {MPI_Comm_rank(node, &local_rank), MPI_Comm_size(node, &local_size),
                        MPI_Bcast(&lowest, 1, MPI_UINT64_T, 0, node), MPI_Comm_free(&node)};
  for (const int code : failed) check_mpi(code, "the communicator of a node");

  Topology topology;
  topology.local_rank = narrow<u32>(local_rank);
  topology.ranks_on_node = narrow<u32>(local_size);
  topology.hosts = control.all_gather(host_name());
  std::map<std::string, u32> numbers;
  for (const std::string& name : control.all_gather(std::to_string(lowest))) {
    const auto next = narrow<u32>(numbers.size());
    topology.node_of.push_back(numbers.emplace(name, next).first->second);
  }
  topology.nodes = narrow<u32>(numbers.size());
  return topology;
}

void refuse_missing_ranks(u32 world_size, const Environment& environment) {
  if (environment("SHARDMILL_ALLOW_SINGLETON") == "1") return;
  for (const char* name : {"SLURM_NTASKS", "OMPI_COMM_WORLD_SIZE", "PMI_SIZE"}) {
    const auto announced = number_in(environment, name);
    if (!announced || *announced <= world_size) continue;
    const std::string tasks = std::to_string(*announced);
    const bool is_slurm = std::string(name) == "SLURM_NTASKS";
    throw ConfigError(std::string(name) + " announces " + tasks + " tasks, but MPI sees " +
                      std::to_string(world_size) + (world_size == 1 ? " rank" : " ranks") +
                      ": each would be a run of its own. Start it with " +
                      (is_slurm ? "srun --mpi=pmix -n " + tasks + " shardmill … (or mpirun -n " +
                                      tasks + " shardmill …)"
                                : "the mpirun of the MPI it was built with: mpirun -n " + tasks +
                                      " shardmill …") +
                      ", or set SHARDMILL_ALLOW_SINGLETON=1 if this is meant");
  }
}

}  // namespace shardmill
