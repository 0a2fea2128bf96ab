// The small pieces that every file that speaks MPI needs, without mpi.h in a header.
#pragma once

#include "cluster/types.hpp"

namespace shardmill {

// Throws TransportError with MPI's own text unless `code` is MPI_SUCCESS. `call` names the call.
void check_mpi(int code, const char* call);

// A private copy of the world of ranks: messages on it never meet those of another copy. Making
// and destroying one is collective. Errors on it come back as codes, for check_mpi.
class WorldCopy {
 public:
  WorldCopy();
  ~WorldCopy();
  WorldCopy(const WorldCopy&) = delete;
  WorldCopy& operator=(const WorldCopy&) = delete;
  // For MPI_Comm_f2c: MPI's portable form of a handle, which needs no mpi.h to be stored.
  [[nodiscard]] int handle() const { return handle_; }
  [[nodiscard]] Rank rank() const { return rank_; }
  [[nodiscard]] u32 size() const { return size_; }

 private:
  int handle_ = 0;
  Rank rank_;
  u32 size_ = 0;
};

}  // namespace shardmill
