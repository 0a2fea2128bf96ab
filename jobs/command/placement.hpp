// Where a published job puts documents: recomputed from the job file that the manifest keeps.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jobs/run/groups.hpp"
#include "jobs/run/manifest.hpp"
#include "jobs/spec/job.hpp"

namespace shardmill {

// The job of a manifest. ConfigError when this version does not understand it.
[[nodiscard]] Job job_of(const Manifest& manifest);

class Placement {
 public:
  explicit Placement(const Job& job);
  // Where an id, in token shards a copy of its document, stands in the global shuffle.
  [[nodiscard]] u64 place(std::string_view id, u64 copy = 0) const;
  // The split of a document. `root_id`: id of the first document of its group by lineage or,
  // without lineage(), of its cluster, if it has one.
  [[nodiscard]] const std::string& split(std::string_view id,
                                         std::optional<std::string_view> root_id) const;
  [[nodiscard]] bool by_cluster() const { return by_cluster_; }
  // The columns of the split's group_by.
  [[nodiscard]] const std::vector<std::string>& lineage() const { return lineage_; }

 private:
  u64 shuffle_seed_;
  Splits splits_;
  bool by_cluster_;
  std::vector<std::string> lineage_;
};

}  // namespace shardmill
