#include "jobs/checks/profile_shards.hpp"

#include <algorithm>
#include <cstring>
#include <span>

#include "cluster/agree.hpp"
#include "cluster/signals.hpp"
#include "cluster/watchdog.hpp"
#include "engine/exchange/partition.hpp"
#include "engine/exchange/shuffle.hpp"
#include "engine/hash/hash.hpp"
#include "engine/plan/fragments.hpp"
#include "engine/store/segment.hpp"
#include "operators/write/text_shard_reader.hpp"

namespace shardmill {
namespace {

namespace fs = std::filesystem;

// Of what a profile is and how values are hashed.
constexpr u64 kProfileVersion = 1;
constexpr std::size_t kHashesAtOnce = std::size_t{256} << 10;  // bytes
constexpr const char* kProfile = "profile";

std::string hashes_name(u64 number) { return "hashes" + std::to_string(number); }

// Profiles of a snapshot: a file for each shard and task.
class Profiles {
 public:
  Profiles(std::vector<ShardRecord> shards, const fs::path& folder, const fs::path& store,
           std::vector<ColumnTask>& tasks)
      : shards_(std::move(shards)), folder_(folder), store_(store), tasks_(tasks) {}

  [[nodiscard]] const std::vector<ShardRecord>& shards() const { return shards_; }
  [[nodiscard]] fs::path file(std::size_t shard, std::size_t task) const {
    Hasher128 hash;
    hash.add_number(kProfileVersion);
    hash.add_field(shards_[shard].logical_digest);
    hash.add_field(tasks_[task].column);
    hash.add_number(tasks_[task].distinct ? 1 : 0);
    for (const ValueTest& test : tasks_[task].tests) hash.add_field(test.name());
    return store_ / (hash.digest().hex() + ".seg");
  }

  // Nothing where there is none, or a damaged one: a cache, made again.
  [[nodiscard]] std::optional<ColumnProfile> whole(std::size_t shard, std::size_t task) const {
    const fs::path path = file(shard, task);
    try {
      if (!fs::exists(path)) return std::nullopt;
      return profile_from_json(SegmentReader(path).read(kProfile), path.string());
    } catch (const DataError&) {
      return std::nullopt;
    }
  }

  // Reads a shard's column. `block`: bytes at once, where a record is not longer.
  void make(std::size_t shard, std::size_t number, u64 block, Watchdog& watchdog) const {
    ColumnTask& task = tasks_[number];
    const TextShardReader reader(folder_ / shards_[shard].path, {{task.column}});
    SegmentWriter segment(file(shard, number));
    ColumnProfile profile;
    profile.rows = reader.n_documents();
    for (const ValueTest& test : task.tests) profile.tested[test.name()];
    std::string hashes;
    u64 written = 0;
    const auto flush = [&] {
      if (!hashes.empty()) segment.add(hashes_name(written++), hashes);
      hashes.clear();
    };
    ShardRows rows;
    // A shard of another epoch may not have the column: nobody has it there.
    const u64 last = reader.schema().empty() ? 0 : reader.n_documents();
    for (u64 first = 0; first < last;) {
      first = reader.read(first, last, rows, block);
      for (u64 row = 0; row < rows.size(); ++row) {
        const auto value = rows.value(0, row);
        if (!value) continue;
        profile.add(reader.schema()[0].type, *value, task.tests);
        if (!task.distinct) continue;
        const Hash128 hash = hash128(*value);
        hashes.append(reinterpret_cast<const char*>(&hash), sizeof hash);
        if (hashes.size() >= kHashesAtOnce) flush();
      }
      watchdog.progress();
    }
    flush();
    segment.add(kProfile, to_json(profile, true));
    segment.commit();
  }

 private:
  std::vector<ShardRecord> shards_;
  const fs::path& folder_;
  const fs::path& store_;
  std::vector<ColumnTask>& tasks_;
};

// The records of text shards on every rank.
std::vector<ShardRecord> shards_everywhere(Communicator& control,
                                           const std::vector<ShardRecord>& shards) {
  const std::string lines = agree(control, [&] {
    std::string text;
    for (const ShardRecord& shard : shards) {
      if (shard.path.starts_with("text/")) text += to_json(shard) + "\n";
    }
    return text;
  });
  std::vector<ShardRecord> all;
  for (std::size_t at = 0; at < lines.size();) {
    const std::size_t end = lines.find('\n', at);
    all.push_back(shard_from_json(lines.substr(at, end - at), "a shard of this run"));
    at = end + 1;
  }
  return all;
}

// Makes the profiles that are missing, the tasks of a shard on one rank.
void make_missing(Cluster& cluster, const Profiles& profiles, std::size_t tasks,
                  Observer& observer) {
  const std::string missing = agree(cluster.control, [&] {
    std::string flags;
    for (std::size_t shard = 0; shard < profiles.shards().size(); ++shard) {
      for (std::size_t task = 0; task < tasks; ++task) {
        flags += profiles.whole(shard, task) ? '0' : '1';
        cluster.watchdog.progress();
      }
    }
    return flags;
  });
  std::vector<u64> weights;
  for (std::size_t shard = 0; shard < profiles.shards().size(); ++shard) {
    const std::string_view flags = std::string_view(missing).substr(shard * tasks, tasks);
    const auto times = static_cast<u64>(std::count(flags.begin(), flags.end(), '1'));
    weights.push_back(times == 0 ? 0 : times * (profiles.shards()[shard].bytes + 1));
  }
  const std::vector<Rank> rank_of = assign_longest_first(weights, cluster.size());
  const Lease lease = cluster.budget.lease("checks", 0.1, 2_MiB);
  agree_all(cluster.control, [&] {
    for (std::size_t shard = 0; shard < weights.size(); ++shard) {
      if (cluster.stop.is_set()) return;  // the profiles that are made stay
      if (weights[shard] == 0 || rank_of[shard] != cluster.rank()) continue;
      for (std::size_t task = 0; task < tasks; ++task) {
        if (missing[shard * tasks + task] == '0') continue;
        profiles.make(shard, task, std::min(lease.bytes(), TextShardReader::kBlockBytes),
                      cluster.watchdog);
      }
      observer.count("shards_profiled", 1);
    }
  });
  stop_if_asked(cluster.control, cluster.stop,
                "stopped by a signal while checking; the same command goes on from here");
}

// Different values of a task over all shards, on every rank.
u64 count_distinct(Cluster& cluster, const Profiles& profiles, std::size_t task) {
  const std::string name = "checks.values";
  Shuffle<Hash128> shuffle(cluster, name, cluster.budget.lease(name, 0.4));
  std::string chunk;
  for (std::size_t shard = cluster.rank().value; shard < profiles.shards().size();
       shard += cluster.size()) {
    const SegmentReader segment(profiles.file(shard, task));
    for (u64 number = 0; segment.has(hashes_name(number)); ++number) {
      segment.read_into(hashes_name(number), chunk);
      for (std::size_t at = 0; at < chunk.size(); at += sizeof(Hash128)) {
        Hash128 hash;
        std::memcpy(&hash, chunk.data() + at, sizeof hash);
        shuffle.put(owner_of(hash.high, cluster.size()), hash);
      }
      cluster.watchdog.progress();
    }
  }
  Records<Hash128> hashes = shuffle.finish();
  hashes.sort();
  u64 different = 0;
  std::optional<Hash128> last;
  hashes.for_each([&](const Hash128& hash) {
    if (last != hash) ++different;
    last = hash;
  });
  return cluster.control.all_sum(different);
}

}  // namespace

std::vector<ColumnTask> column_tasks(const std::vector<CheckSpec>& checks) {
  std::map<std::string, ColumnTask> by_column;
  for (const CheckSpec& check : checks) {
    if (!check.settings.has("column")) continue;
    const std::string& column = check.settings.text("column");
    ColumnTask& task = by_column[column];
    task.column = column;
    task.distinct |= check.check == "uniqueness";
    if (auto test = ValueTest::of(check)) task.tests.push_back(std::move(*test));
  }
  std::vector<ColumnTask> tasks;
  for (auto& [column, task] : by_column) {
    std::sort(task.tests.begin(), task.tests.end(),
              [](const ValueTest& a, const ValueTest& b) { return a.name() < b.name(); });
    const auto end =
        std::unique(task.tests.begin(), task.tests.end(),
                    [](const ValueTest& a, const ValueTest& b) { return a.name() == b.name(); });
    task.tests.erase(end, task.tests.end());
    tasks.push_back(std::move(task));
  }
  return tasks;
}

ShardProfiles profile_shards(Cluster& cluster, const std::vector<ShardRecord>& shards,
                             const fs::path& folder, const fs::path& store,
                             std::vector<ColumnTask>& tasks, Observer& observer,
                             std::vector<fs::path>& used) {
  ShardProfiles found;
  if (tasks.empty()) return found;
  const Profiles profiles(shards_everywhere(cluster.control, shards), folder, store, tasks);
  agree(cluster.control, [&] {
    fs::create_directories(store);
    return std::string();
  });
  make_missing(cluster, profiles, tasks.size(), observer);
  agree(cluster.control, [&] {
    for (std::size_t task = 0; task < tasks.size(); ++task) {
      ColumnProfile& column = found.columns[tasks[task].column];
      for (std::size_t shard = 0; shard < profiles.shards().size(); ++shard) {
        const fs::path file = profiles.file(shard, task);
        const auto profile = profiles.whole(shard, task);
        if (!profile) throw InternalError(file.string() + ": a profile that was made is gone");
        column.add(*profile);
        used.push_back(file);
        cluster.watchdog.progress();
      }
    }
    return std::string();
  });
  for (std::size_t task = 0; task < tasks.size(); ++task) {
    if (!tasks[task].distinct) continue;
    found.distinct[tasks[task].column] = count_distinct(cluster, profiles, task);
  }
  return found;
}

}  // namespace shardmill
