// Files that steps read beside the documents: a list of ids to take down, benchmarks, tables.
#pragma once

#include <string>
#include <vector>

#include "jobs/run/pipeline.hpp"

namespace shardmill {

struct SideFile {
  std::string step;    // label
  std::string path;    // relative to the job file's folder where it can be; other bytes as \xNN
  std::string digest;  // XXH3-128, hexadecimal
  bool operator==(const SideFile&) const = default;
};

// By step in the job's order, then by path. Reads all of them; rank 0 only. DataError when one
// cannot be read.
[[nodiscard]] std::vector<SideFile> side_files(const Job& job, const Pipeline& pipeline);

}  // namespace shardmill
