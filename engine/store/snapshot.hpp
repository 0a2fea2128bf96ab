// Published versions of a dataset: numbered folders that never change, and a link to the newest.
//
//   snapshots/.staging-000002   being made; kept over a kill, for resume
//   snapshots/000001            published: has _SUCCESS, is never touched again
//   current -> snapshots/000001
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/types.hpp"

namespace shardmill {

// Rank 0 only, under a DatasetLock, except for the const questions.
class Snapshots {
 public:
  explicit Snapshots(std::filesystem::path dataset) : dataset_(std::move(dataset)) {}

  // Published ones, ascending.
  [[nodiscard]] std::vector<u64> numbers() const;
  // One more than the largest published; 1 for the first.
  [[nodiscard]] u64 next_number() const;
  [[nodiscard]] std::filesystem::path path_of(u64 number) const;
  [[nodiscard]] std::filesystem::path staging_of(u64 number) const;
  // What the `current` link names; nothing before the first publication. DataError when the link
  // leads nowhere.
  [[nodiscard]] std::optional<u64> current() const;

  // The staging folder, created unless a killed run left it: then it is kept with its contents.
  std::filesystem::path begin_staging(u64 number);
  // Makes the staging folder's names durable, adds _SUCCESS with this text, renames it to its final
  // name (ResourceError when that exists) and moves `current`. A kill at any moment leaves
  // everything either as before or to be finished by finish_publication(). Files must be durable.
  void publish(u64 number, std::string_view success = "");
  // After a kill between the rename and the move of `current`: moves it. Call it under the lock,
  // before anything else; returns the number of the publication it finished.
  std::optional<u64> finish_publication();
  // Points `current` at a published snapshot by renaming a new link over it (also: rollback).
  void make_current(u64 number);

 private:
  [[nodiscard]] std::filesystem::path folder() const { return dataset_ / "snapshots"; }
  [[nodiscard]] std::filesystem::path intent() const { return folder() / ".publishing"; }
  std::filesystem::path dataset_;
};

// fsync of a folder and all folders below it.
void fsync_tree(const std::filesystem::path& directory);

}  // namespace shardmill
