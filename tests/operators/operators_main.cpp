// Unit tests of the operators; as the program, it reads HDF5 in a process of its own.
#include <gtest/gtest.h>

#include "operators/read/hdf5_reader.hpp"

int main(int argc, char** argv) {
  if (const auto status = shardmill::serve_hdf5_rows(argc, argv)) return *status;
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
