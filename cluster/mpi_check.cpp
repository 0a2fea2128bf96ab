#include "cluster/mpi_check.hpp"

#include <mpi.h>

#include <array>
#include <string>

namespace shardmill {

void check_mpi(int code, const char* call) {
  if (code == MPI_SUCCESS) return;
  std::array<char, MPI_MAX_ERROR_STRING> text{};
  int length = 0;
  if (MPI_Error_string(code, text.data(), &length) != MPI_SUCCESS) length = 0;
  throw TransportError(std::string(call) + " failed: " +
                       (length > 0 ? text.data() : "MPI error " + std::to_string(code)));
}

WorldCopy::WorldCopy() {
  MPI_Comm copy = MPI_COMM_NULL;
  check_mpi(MPI_Comm_dup(MPI_COMM_WORLD, &copy), "MPI_Comm_dup");
  check_mpi(MPI_Comm_set_errhandler(copy, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  int rank = 0;
  int size = 0;
  check_mpi(MPI_Comm_rank(copy, &rank), "MPI_Comm_rank");
  check_mpi(MPI_Comm_size(copy, &size), "MPI_Comm_size");
  handle_ = MPI_Comm_c2f(copy);
  rank_ = {narrow<u32>(rank)};
  size_ = narrow<u32>(size);
}

WorldCopy::~WorldCopy() {
  MPI_Comm copy = MPI_Comm_f2c(handle_);
  MPI_Comm_free(&copy);
}

}  // namespace shardmill
