#include "jobs/command/purge.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include "engine/plan/fragment_file.hpp"
#include "jobs/command/dataset.hpp"
#include "jobs/command/snapshot_list.hpp"
#include "jobs/run/exclusion.hpp"
#include "jobs/run/pipeline.hpp"
#include "jobs/run/sketch_files.hpp"

namespace shardmill {
namespace {

namespace fs = std::filesystem;

// An id of the list that a snapshot has, in its texts or its ledger; shards that are the same in
// `clean` are not looked at.
std::optional<std::string> found_in(const Dataset& dataset, const ExclusionList& list,
                                    const Dataset* clean) {
  std::map<std::string, std::string> known;
  if (clean != nullptr) {
    for (const ShardRecord& shard : clean->manifest().shards) {
      known[shard.path] = shard.logical_digest;
    }
  }
  std::optional<std::string> found;
  for (const char* below : {"text/", "ledger/"}) {
    for (const ShardRecord* shard : dataset.shards(below)) {
      const auto same = known.find(shard->path);
      if (found || (same != known.end() && same->second == shard->logical_digest)) continue;
      const TextShardReader reader = dataset.open(*shard);
      const std::size_t id = reader.column("id");
      for_each_row(reader, [&](const ShardRows& rows, u64 row) {
        const std::string_view text = rows.value(id, row).value_or("");
        if (!found && list.contains(text)) found = std::string(text);
      });
    }
  }
  return found;
}

// Whether a snapshot has one; one that cannot be read may.
bool may_have_one(const Snapshots& snapshots, const SnapshotInfo& snapshot,
                  const ExclusionList& list, const Dataset& newest) {
  if (!snapshot.damage.empty()) return true;
  try {
    const Dataset dataset(snapshots.path_of(snapshot.number).string());
    return found_in(dataset, list, &newest).has_value();
  } catch (const DataError&) {
    return true;
  }
}

// Whether a fragment of the store keeps more of such a document than its hash; one that cannot be
// read may.
bool keeps_one(const fs::path& file, const ExclusionList& list) {
  try {
    const FragmentReader reader(file);
    TextColumn ids;
    for (u64 block = 0; block < reader.blocks(); ++block) {
      reader.ids(block, ids);
      for (std::size_t row = 0; row < ids.size(); ++row) {
        if (list.contains(ids[row]) && !is_removed_id(ids[row])) return true;
      }
    }
    return false;
  } catch (const DataError&) {
    return true;
  }
}

std::vector<fs::path> fragments_with_one(const fs::path& folder, const ExclusionList& list) {
  std::vector<fs::path> found;
  if (!fs::exists(folder)) return found;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.is_regular_file() && keeps_one(entry.path(), list)) found.push_back(entry.path());
  }
  return found;
}

// The checksum of a fragment that is there and whole.
std::optional<u64> checksum_of(const fs::path& fragment) {
  try {
    if (fs::exists(fragment)) return FragmentReader(fragment).checksum();
  } catch (const DataError&) {
  }
  return std::nullopt;
}

// Tokens are texts, too: those of documents of which the fragment that is there has nothing go.
// They are of one that was removed, now or by a purge that was killed, or read again.
void remove_sketches_of_nothing(const fs::path& store) {
  if (!fs::exists(store / "sketches")) return;
  std::map<std::string, std::optional<u64>> checksums;
  std::vector<fs::path> found;
  for (const fs::directory_entry& entry : fs::directory_iterator(store / "sketches")) {
    const std::string name = fragment_of_sketches(entry.path());
    const auto [known, is_new] = checksums.try_emplace(name);
    if (is_new) {
      known->second = checksum_of(store / "fragments" / name);
      if (!known->second) known->second = checksum_of(store / "foreign" / name);
    }
    if (!known->second || !has_sketches(entry.path(), *known->second)) {
      found.push_back(entry.path());
    }
  }
  for (const fs::path& file : found) fs::remove(file);
}

// Why a snapshot cannot be removed; empty: it can.
std::string kept_because(const SnapshotInfo& snapshot) {
  if (snapshot.current) return "is current";
  if (!snapshot.tags.empty()) return "is tagged " + snapshot.tags.front();
  return snapshot.read ? "is being read" : "";
}

}  // namespace

Purged purge(Snapshots& snapshots, const std::string& list_file, bool dry_run) {
  const ExclusionList list(list_file);
  const std::vector<SnapshotInfo> all = snapshot_list(snapshots);
  const Dataset newest(snapshots.path_of(all.back().number).string());
  if (const auto id = found_in(newest, list, nullptr)) {
    throw DataError(newest.folder().string() + ": the newest snapshot has the document " + *id +
                    " of " + list_file + "; run the job with `exclude` first");
  }
  Purged purged;
  std::string refused;
  for (const SnapshotInfo& snapshot : all) {
    if (snapshot.newest) continue;
    if (!may_have_one(snapshots, snapshot, list, newest)) continue;
    purged.snapshots.push_back(snapshot.number);
    const std::string why = kept_because(snapshot);
    if (why.empty()) continue;
    refused += (refused.empty() ? "" : ", ") + std::to_string(snapshot.number) + " " + why;
  }
  if (!refused.empty()) {
    throw DataError(snapshots.dataset().string() +
                    ": snapshots that have documents of the list, or cannot be read, cannot go: " +
                    refused + "; nothing was removed");
  }
  const std::vector<fs::path> fragments =
      fragments_with_one(snapshots.dataset() / "store" / "fragments", list);
  purged.fragments = fragments.size();
  if (dry_run) return purged;
  for (const u64 number : purged.snapshots) snapshots.remove(number);
  for (const fs::path& file : fragments) fs::remove(file);
  remove_sketches_of_nothing(snapshots.dataset() / "store");
  // Columns that steps gave to documents and tables that they made have ids and texts too, also
  // those of a run that was kept from being published: all are made again.
  fs::remove_all(snapshots.dataset() / "store" / "steps");
  fs::remove_all(snapshots.dataset() / "store" / "begun");
  // Made again from the shards there are.
  fs::remove_all(snapshots.dataset() / "store" / "profiles");
  fs::remove_all(snapshots.dataset() / "dry-run");
  fs::remove_all(snapshots.staging_of(snapshots.next_number()));
  return purged;
}

}  // namespace shardmill
