#include "jobs/command/gc.hpp"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "engine/observe/progress_text.hpp"
#include "jobs/command/output.hpp"
#include "jobs/command/purge.hpp"
#include "jobs/run/store_use.hpp"

namespace shardmill {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr u64 kKeep = 3;

u64 bytes_of(const fs::path& path) {
  if (!fs::is_directory(path)) return fs::file_size(path);
  u64 bytes = 0;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(path)) {
    if (entry.is_regular_file()) bytes += entry.file_size();
  }
  return bytes;
}

std::string bytes_text(u64 bytes) { return amount_text(static_cast<double>(bytes), "B"); }

std::string numbers_text(const std::vector<u64>& numbers) {
  std::string text;
  for (const u64 number : numbers) text += (text.empty() ? " (" : ", ") + std::to_string(number);
  return text.empty() ? "" : text + ")";
}

void warn_about_damage(const std::vector<SnapshotInfo>& snapshots) {
  for (const SnapshotInfo& snapshot : snapshots) {
    if (snapshot.damage.empty()) continue;
    std::fprintf(stderr, "shardmill: warning: snapshot %llu is damaged and kept: %s\n",
                 static_cast<unsigned long long>(snapshot.number), snapshot.damage.c_str());
  }
}

// The takedown only: snapshots that are merely old stay.
int purge_documents(Snapshots& snapshots, const Arguments& arguments) {
  const Purged purged = purge(snapshots, arguments.purge, arguments.dry_run);
  const char* verb = arguments.dry_run ? "would remove" : "removed";
  std::fprintf(
      stderr,
      "shardmill: %s %zu snapshots%s that have documents of %s or cannot be read, and %llu "
      "fragments of the store; the next run reads their sources again\n",
      verb, purged.snapshots.size(), numbers_text(purged.snapshots).c_str(),
      arguments.purge.c_str(), static_cast<unsigned long long>(purged.fragments));
  if (!arguments.json) return 0;
  Output output;
  output.write(Json{{"removed", purged.snapshots},
                    {"fragments", purged.fragments},
                    {"dry_run", arguments.dry_run}}
                   .dump() +
               "\n");
  output.finish();
  return 0;
}

}  // namespace

std::vector<u64> expired(const std::vector<SnapshotInfo>& snapshots, u64 keep,
                         std::optional<u64> days) {
  std::vector<u64> numbers;
  for (std::size_t i = 0; i < snapshots.size(); ++i) {
    const SnapshotInfo& snapshot = snapshots[i];
    const bool wanted = snapshot.current || snapshot.newest || snapshot.read ||
                        !snapshot.damage.empty() || !snapshot.tags.empty() ||
                        snapshots.size() - i <= keep ||
                        (days && snapshot.age_days <= static_cast<double>(*days));
    if (!wanted) numbers.push_back(snapshot.number);
  }
  return numbers;
}

int collect_garbage(const Arguments& arguments) {
  Snapshots snapshots = existing_dataset(arguments.directory);
  const DatasetLock lock(arguments.directory, arguments.wait.value_or(0));
  snapshots.finish_publication();
  if (!arguments.purge.empty()) return purge_documents(snapshots, arguments);
  const fs::path store = fs::path(arguments.directory) / "store";
  const std::vector<SnapshotInfo> all = snapshot_list(snapshots);
  const std::vector<u64> old = expired(all, arguments.keep.value_or(kKeep), arguments.keep_days);
  warn_about_damage(all);
  Json removed = Json::array();
  for (const u64 number : old) {
    removed.push_back(number);
    if (!arguments.dry_run) snapshots.remove(number);
  }
  u64 units = 0;
  u64 store_bytes = 0;
  for (const fs::path& unit : unused_in_store(store)) {
    ++units;
    store_bytes += bytes_of(unit);
    if (!arguments.dry_run) remove_unit(unit);
  }
  const char* verb = arguments.dry_run ? "would remove" : "removed";
  std::fprintf(stderr, "shardmill: %s %s of %zu snapshots%s, and %s in %llu files of the store\n",
               verb, std::to_string(old.size()).c_str(), all.size(), numbers_text(old).c_str(),
               bytes_text(store_bytes).c_str(), static_cast<unsigned long long>(units));
  if (!arguments.json) return 0;
  Output output;
  output.write(Json{{"removed", removed},
                    {"kept", all.size() - old.size()},
                    {"store_bytes", store_bytes},
                    {"dry_run", arguments.dry_run}}
                   .dump() +
               "\n");
  output.finish();
  return 0;
}

}  // namespace shardmill
