// The next snapshot while it is made: which of its shards are there already.
#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "jobs/run/manifest.hpp"
#include "operators/write/shard_plan.hpp"

namespace shardmill {

// A shard that is complete in the staging folder has a record beside it; a killed run leaves both,
// and the next one goes on from there. Rank 0 only, but for note().
class Staging {
 public:
  explicit Staging(std::filesystem::path folder) : folder_(std::move(folder)) {}

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  // The records of planned shards that need not be written: those complete here, and those that
  // `previous` has with the same path and content, which get a second name here; but none of
  // `damaged`, which a run that was stopped may have linked here. Everything else is removed.
  [[nodiscard]] std::vector<std::optional<ShardRecord>> reuse(
      const std::vector<Shard>& planned, const std::vector<ShardRecord>& previous,
      const std::filesystem::path& previous_folder, const std::set<std::string>& damaged);
  // Remembers a shard that now has its name. Any rank.
  void note(const ShardRecord& record) const;
  // Whether a run has written shards that no snapshot has yet.
  [[nodiscard]] bool has_records() const;
  // Removes the records: the manifest has them all.
  void forget_records() const;

 private:
  // Gives a published shard, and what belongs to it, a second name here.
  void share(const ShardRecord& record, const std::filesystem::path& from) const;
  [[nodiscard]] std::filesystem::path record_path(const std::string& shard) const;
  [[nodiscard]] std::optional<ShardRecord> complete(const Shard& shard) const;

  std::filesystem::path folder_;
};

[[nodiscard]] std::string content_text(const Shard& shard);

}  // namespace shardmill
