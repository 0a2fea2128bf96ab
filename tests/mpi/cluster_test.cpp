// Ranks as processes. Without arguments: the checks of tests/cluster under mpirun. With the name of
// a failure: fails that way, for tests/cluster/test_errors.py.
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>
#include <thread>

#include "cluster/mpi_communicator.hpp"
#include "cluster/peak_memory.hpp"
#include "cluster/runtime.hpp"
#include "cluster/signals.hpp"
#include "cluster/watchdog.hpp"
#include "tests/cluster/cluster_checks.hpp"

namespace shardmill {
namespace {

void check_topology(Cluster& cluster, const Topology& topology) {
  using checks::expect_equal;
  expect_equal(topology.hosts.size(), cluster.size(), "a host for each rank");
  expect_equal(topology.node_of.size(), cluster.size(), "a node for each rank");
  const u32 mine = topology.node_of[cluster.rank().value];
  const auto same = std::count(topology.node_of.begin(), topology.node_of.end(), mine);
  expect_equal(u64{topology.ranks_on_node}, static_cast<u64>(same), "ranks of this node");
  const auto before =
      std::count(topology.node_of.begin(), topology.node_of.begin() + cluster.rank().value, mine);
  expect_equal(u64{topology.local_rank}, static_cast<u64>(before), "place within the node");
  const u32 highest = *std::max_element(topology.node_of.begin(), topology.node_of.end());
  expect_equal(topology.nodes, highest + 1, "nodes are numbered without holes");
}

int check_all(Cluster& cluster, const Topology& topology) {
  check_topology(cluster, topology);
  checks::check_collectives(cluster.control);
  // Pieces of 1000 bytes stand for those of 1 GiB.
  MpiCommunicator pieces(&cluster.watchdog, 1000);
  checks::check_collectives(pieces);
  checks::check_agreement(cluster.control);
  checks::check_transport(cluster, 50, kFrameBytes);
  checks::check_transport(cluster, 200, 300);
  checks::check_cancel(cluster);
  cluster.control.barrier();
  checks::check_too_large(cluster);
  cluster.control.barrier();
  return 0;
}

[[noreturn]] void hang() {
  for (;;) std::this_thread::sleep_for(std::chrono::seconds(1));
}

// How `mode` says that the last rank, or all, shall fail.
int fail_as(const std::string& mode, Cluster& cluster) {
  const bool is_last = cluster.rank().value == cluster.size() - 1;
  cluster.watchdog.doing("testing " + mode);
  std::printf("scratch %s\n", cluster.scratch.folder.c_str());
  std::fflush(stdout);
  cluster.control.barrier();
  if (mode == "throw" && is_last) throw DataError("a.jsonl:7: torn");
  if (mode == "foreign" && is_last) throw std::runtime_error("from a library");
  if (mode == "kill" && is_last) raise(SIGKILL);
  if (mode == "hang" && is_last) hang();
  if (mode == "config") {
    agree(cluster.control,
          []() -> std::string { throw ConfigError("job.yaml:3:1: no such step"); });
  }
  if (mode == "locked") {
    agree(cluster.control, []() -> std::string { throw LockedError("another run holds it"); });
  }
  if (mode == "data") {
    agree_all(cluster.control, [&] {
      if (is_last) throw DataError("a.jsonl:7: torn");
    });
  }
  if (mode == "code") return is_last ? 3 : 0;
  if (mode == "wait") {  // for a signal
    for (;;) {
      stop_if_asked(cluster.control, cluster.stop, "stopped; the same command goes on");
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
  cluster.control.barrier();
  return 0;
}

}  // namespace
}  // namespace shardmill

int main(int argc, char** argv) {
  using namespace shardmill;
  RuntimeOptions options;
  if (argc > 2) options.scratch = argv[2];
  return Runtime::run(options, [&](Cluster& cluster, const Topology& topology) {
    return argc > 1 ? fail_as(argv[1], cluster) : check_all(cluster, topology);
  });
}
