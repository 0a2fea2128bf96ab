// Versions of a dataset: numbered folders that never change, and a link to the published one.
//
//   snapshots/.staging-000002   being made; kept over a kill, for resume
//   snapshots/000001            complete: has _SUCCESS, is never touched again
//   current -> snapshots/000001
//   tags/v1 -> ../snapshots/000001
#pragma once

#include <filesystem>
#include <map>
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

  [[nodiscard]] const std::filesystem::path& dataset() const { return dataset_; }
  // Complete ones, ascending.
  [[nodiscard]] std::vector<u64> numbers() const;
  // The largest of them.
  [[nodiscard]] std::optional<u64> newest() const;
  // One more; 1 for the first.
  [[nodiscard]] u64 next_number() const;
  [[nodiscard]] std::filesystem::path path_of(u64 number) const;
  [[nodiscard]] std::filesystem::path staging_of(u64 number) const;
  // What the `current` link names; nothing before the first publication. DataError when the link
  // leads nowhere.
  [[nodiscard]] std::optional<u64> current() const;

  // The staging folder, created unless a killed run left it: then it is kept with its contents.
  std::filesystem::path begin_staging(u64 number);
  // Makes the staging folder's names durable, adds _SUCCESS with this text, renames it to its final
  // name (ResourceError when that exists) and, if asked to, moves `current`. A kill at any moment
  // leaves everything either as before or to be finished by finish_publication(). Files must be
  // durable.
  void publish(u64 number, std::string_view success = "", bool move_current = true);
  // After a kill between the rename and the move of `current`: moves it. After one in remove():
  // removes the rest. Call it under the lock, before anything else; returns the number of the
  // publication it finished.
  std::optional<u64> finish_publication();
  // Points `current` at a snapshot by renaming a new link over it. DataError when there is none.
  void make_current(u64 number);

  // Names that people gave to snapshots.
  [[nodiscard]] std::map<std::string, u64> tags() const;
  // Gives a name, or moves it to another snapshot. DataError when there is none of this number.
  void tag(const std::string& name, u64 number);
  // Whether there was such a name.
  bool untag(const std::string& name);

  // Whether a process holds a lock on the snapshot's _SUCCESS, as `flock --shared` does: it reads
  // there. False where the file system has no locks.
  [[nodiscard]] bool is_read(u64 number) const;
  // The folder leaves the numbered ones by a rename, then goes.
  void remove(u64 number);

 private:
  [[nodiscard]] std::filesystem::path folder() const { return dataset_ / "snapshots"; }
  [[nodiscard]] std::filesystem::path intent() const { return folder() / ".publishing"; }
  void point(const std::filesystem::path& link, const std::string& up, u64 number) const;
  std::filesystem::path dataset_;
};

// fsync of a folder and all folders below it.
void fsync_tree(const std::filesystem::path& directory);

}  // namespace shardmill
