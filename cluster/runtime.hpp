// One run of the program on all ranks, and the one error path out of it.
#pragma once

#include <filesystem>
#include <functional>

#include "cluster/cluster.hpp"
#include "cluster/topology.hpp"

namespace shardmill {

struct RuntimeOptions {
  Bytes memory{0};                 // per rank; 0: default_memory_per_rank
  std::filesystem::path scratch;   // base of the ranks' folders; empty: $TMPDIR, else /tmp
  u64 scratch_limit = UINT64_MAX;  // bytes of a rank on scratch at once
};

class Runtime {
 public:
  // What the program does, on every rank; returns its exit code. The highest of all ranks counts.
  using Body = std::function<int(Cluster&, const Topology&)>;

  // Starts MPI, gathers what a Cluster needs, runs `body`, ends MPI and returns the exit code. May
  // be called once per process. A process without mpirun is a world of one rank.
  //
  // An error that all ranks agreed on (cluster/agree.hpp) is printed once, "shardmill: message",
  // and every rank returns its exit code. Any other error prints one line, "shardmill: rank 1 on
  // host: what it was doing: cause", and ends all ranks at once with its exit code; it does not
  // return. What was committed by then is kept.
  //
  // Signals (cluster/signals.hpp) set Cluster::stop. Ranks die with their mpirun.
  // SHARDMILL_FORCE_SPILL=1 makes every stage spill (a larger number: after so many rows),
  // SHARDMILL_FORCE_ROUNDS=N commits after so many compared pairs.
  static int run(const RuntimeOptions& options, const Body& body);
};

}  // namespace shardmill
