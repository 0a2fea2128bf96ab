// The program: one command, one error path.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string_view>

#include "cluster/error.hpp"
#include "jobs/command/arguments.hpp"
#include "jobs/command/dispatch.hpp"
#include "operators/read/hdf5_reader.hpp"

namespace {

// Started by mpirun, every rank reads the same command line and finds the same fault in it: the
// first says so for all.
bool speaks() {
  const char* rank = std::getenv("OMPI_COMM_WORLD_RANK");
  return rank == nullptr || std::string_view(rank) == "0";
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (const auto status = shardmill::serve_hdf5_rows(argc, argv)) return *status;
    return shardmill::dispatch(shardmill::parse_arguments(argc, argv));
  } catch (const shardmill::Error& error) {
    if (speaks()) std::fprintf(stderr, "shardmill: %s\n", error.what());
    return error.exit_code();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "shardmill: %s\n", error.what());
    return 1;
  }
}
