// Inside operators/hdf5, prepare_hdf5() apart: an HDF5 identifier that closes itself, and HDF5's
// failures as ours. Included by the .cpp files that include hdf5.h; names no type of it.
#pragma once

#include <string>

#include "cluster/types.hpp"

namespace shardmill {

// Any identifier: HDF5 counts references, and dropping the last one closes what it names.
class Hdf5Id {
 public:
  explicit Hdf5Id(i64 id) : id_(id) {}
  Hdf5Id(const Hdf5Id&) = delete;
  Hdf5Id& operator=(const Hdf5Id&) = delete;
  ~Hdf5Id();
  operator i64() const { return id_; }  // NOLINT: stands for the identifier in every call

 private:
  i64 id_;
};

// HDF5 reports a failure by a negative result. These pass any other result on, and turn a failure
// into an exception with the innermost entry of HDF5's error stack.
i64 require_read(i64 result, const std::string& place, const std::string& doing);
i64 require_write(i64 result, const std::string& place, const std::string& doing);
// Before the first use: HDF5 shall neither print its error stack nor act at exit. A program that
// writes calls it before MPI starts, or HDF5 acts in MPI_Finalize: after a full disk, it crashes.
void prepare_hdf5();

}  // namespace shardmill
