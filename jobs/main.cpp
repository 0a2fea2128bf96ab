// The program: one command, one error path.
#include <cstdio>
#include <exception>

#include "cluster/environment.hpp"
#include "cluster/error.hpp"
#include "jobs/command/arguments.hpp"
#include "jobs/command/dispatch.hpp"
#include "operators/read/hdf5_reader.hpp"

int main(int argc, char** argv) {
  try {
    if (const auto status = shardmill::serve_hdf5_rows(argc, argv)) return *status;
    return shardmill::dispatch(shardmill::parse_arguments(argc, argv));
  } catch (const shardmill::Error& error) {
    // Started by mpirun, every rank reads the same command line and finds the same fault in it.
    if (shardmill::is_first_rank(shardmill::process_environment())) {
      std::fprintf(stderr, "shardmill: %s\n", error.what());
    }
    return error.exit_code();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "shardmill: %s\n", error.what());
    return 1;
  }
}
