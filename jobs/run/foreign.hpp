// Documents of other published datasets, for steps with `against`: they precede all of ours, are
// never written, and witness as DATASET@N/ID.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "engine/observe/observer.hpp"
#include "engine/plan/fragments.hpp"
#include "jobs/run/pipeline.hpp"

namespace shardmill {

// One shard of another dataset; its ordinal numbers it among all of them, from DocKey::kForeign up.
struct ForeignShard {
  std::filesystem::path path;
  std::string label;  // "DATASET@N", before the ids of its documents
  u64 ordinal = 0;
  u64 bytes = 0;
  std::vector<u32> steps;      // that compare with it
  std::filesystem::path file;  // its ids and texts, in our store
};

// Which snapshot each `against` names, as lines "path TAB folder": kept in `record` until our next
// snapshot is published, so that a resumed run compares with what it began with. Rank 0 only.
// DataError when a path holds no published dataset.
[[nodiscard]] std::string resolve_foreign(const Pipeline& pipeline,
                                          const std::filesystem::path& record);

// Every shard of those snapshots, in order of datasets (as the job first names them) and paths.
[[nodiscard]] std::vector<ForeignShard> list_foreign(const Pipeline& pipeline,
                                                     const std::string& resolved,
                                                     const std::filesystem::path& store);

// Collective. Sketches the shards that the store does not have.
void read_foreign(Cluster& cluster, const Pipeline& pipeline,
                  const std::vector<ForeignShard>& shards, Observer& observer);

// As fragments, to stand behind ours.
[[nodiscard]] Fragment fragment_of(const ForeignShard& shard);

}  // namespace shardmill
