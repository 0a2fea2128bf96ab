// test_engine: the engine's tests on ranks that are threads. `mpirun -n N test_engine --mpi`: those
// that run on every shape, on N ranks that are processes.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "cluster/runtime.hpp"
#include "tests/engine/records/cluster_shapes.hpp"

int main(int argc, char** argv) {
  using namespace shardmill;
  if (argc < 2 || std::string_view(argv[1]) != "--mpi") {
    testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
  }
  return Runtime::run({256_MiB, {}}, [&](Cluster& cluster, const Topology&) {
    const std::string ranks = std::to_string(cluster.size());
    GTEST_FLAG_SET(filter, "Every/*/" + ranks + ":Every/*/" + ranks + "_tiny");
    // One rank tells what runs; the others only what fails.
    GTEST_FLAG_SET(brief, !cluster.control.is_root());
    testing::InitGoogleTest(&argc, argv);
    processes = &cluster;
    const int result = RUN_ALL_TESTS();
    processes = nullptr;
    return result;
  });
}
