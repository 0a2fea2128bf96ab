// What is known of the snapshots of a dataset.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/store/dataset_lock.hpp"
#include "engine/store/snapshot.hpp"

namespace shardmill {

struct SnapshotInfo {
  u64 number = 0;
  bool current = false;
  bool newest = false;
  bool read = false;              // a process holds a lock on its _SUCCESS
  std::vector<std::string> tags;  // sorted
  std::string made;               // RFC 3339, UTC
  double age_days = 0;
  u64 documents_kept = 0;
  std::string damage;  // why its manifest or _SUCCESS cannot be read; then nothing is known of
                       // what it holds
  u64 bytes = 0;       // of its files
  u64 bytes_not_shared = 0;  // of those that no other snapshot has
};

// DataError unless the folder has snapshots.
[[nodiscard]] Snapshots existing_dataset(const std::string& directory);
// The number itself, or of the newest. DataError when there is none.
[[nodiscard]] u64 existing_snapshot(const Snapshots& snapshots, std::optional<u64> number);
// By number. What cannot be read of one is its `damage`, and hides none of the others.
[[nodiscard]] std::vector<SnapshotInfo> snapshot_list(const Snapshots& snapshots);

}  // namespace shardmill
