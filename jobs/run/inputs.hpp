// The files a job reads, and the catalogue brought up to date with them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "engine/store/catalog.hpp"
#include "jobs/spec/job.hpp"

namespace shardmill {

struct Inputs {
  Catalog catalog;
  std::vector<std::string> path_of;  // by ordinal; empty for tombstones
};

// Finds every file of every source and commits the catalogue (rank 0 only, under the lock). What
// runs of this job write is no input, whatever the patterns match.
// DataError when the patterns of a source match nothing.
[[nodiscard]] Inputs update_catalog(const Job& job, const std::filesystem::path& catalog_file,
                                    bool compact);

// The same without writing: what a plan shows.
[[nodiscard]] Inputs preview_catalog(const Job& job, const std::filesystem::path& catalog_file);

// For the other ranks.
[[nodiscard]] std::string serialised_paths(const Inputs& inputs);
[[nodiscard]] std::vector<std::string> deserialised_paths(const std::string& bytes);

}  // namespace shardmill
