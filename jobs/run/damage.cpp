#include "jobs/run/damage.hpp"

#include <algorithm>

#include "cluster/agree.hpp"
#include "cluster/signals.hpp"
#include "cluster/watchdog.hpp"
#include "engine/batch/wire.hpp"
#include "engine/store/sha256.hpp"

namespace shardmill {
namespace {

bool is_damaged(const std::filesystem::path& file, u64 bytes, const std::string& sha256,
                bool closely) {
  std::error_code missing;
  if (std::filesystem::file_size(file, missing) != bytes || missing) return true;
  try {
    return closely && sha256_of_file(file) != sha256;
  } catch (const DataError&) {
    return true;  // a disk that fails here may take the new file elsewhere
  }
}

bool is_damaged(const std::filesystem::path& snapshot, const ShardRecord& record, bool closely) {
  return is_damaged(snapshot / record.path, record.bytes, record.sha256, closely) ||
         std::any_of(record.files.begin(), record.files.end(), [&](const ShardFile& file) {
           return is_damaged(snapshot / file.path, file.bytes, file.sha256, closely);
         });
}

}  // namespace

std::set<std::string> damaged_shards(Cluster& cluster, const Manifest& manifest,
                                     const std::filesystem::path& snapshot, bool closely) {
  std::string mine;
  WireWriter out(mine);
  agree_all(cluster.control, [&] {
    for (std::size_t i = 0; i < manifest.shards.size() && !cluster.stop.is_set(); ++i) {
      if (i % cluster.size() != cluster.rank().value) continue;
      const ShardRecord& record = manifest.shards[i];
      if (is_damaged(snapshot, record, closely)) out.text(record.path);
      cluster.watchdog.progress();
    }
  });
  stop_if_asked(cluster.control, cluster.stop,
                "stopped by a signal while looking at published shards; the same command goes on "
                "from here");
  std::set<std::string> damaged;
  for (const std::string& bytes : cluster.control.all_gather(mine)) {
    for (WireReader in(bytes, "damaged shards"); !in.done();) damaged.emplace(in.text());
  }
  return damaged;
}

}  // namespace shardmill
