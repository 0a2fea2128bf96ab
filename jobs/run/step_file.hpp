// A resolved step in the store: its drops, edges, added columns, made tables and warnings, in as
// many parts as there were ranks, usable by any number of ranks.
#pragma once

#include <filesystem>

#include "engine/plan/global_operator.hpp"

namespace shardmill {

// store/steps/<fingerprint>/part-<n> and, when all are there, `done` with their number.
class StepFile {
 public:
  explicit StepFile(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // Whether all parts are there and have their end; a damaged step is computed again.
  [[nodiscard]] bool committed() const;
  // Collective. Adds this rank's share of what was committed.
  void load(Cluster& cluster, Findings& findings) const;
  // Collective. Commits what all ranks found.
  void commit(Cluster& cluster, const Findings& findings) const;

 private:
  [[nodiscard]] std::filesystem::path part(u32 number) const {
    return folder_ / ("part-" + std::to_string(number));
  }
  std::filesystem::path folder_;
};

}  // namespace shardmill
