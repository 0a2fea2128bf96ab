#include "jobs/run/damage.hpp"

#include "cluster/agree.hpp"
#include "cluster/watchdog.hpp"
#include "engine/batch/wire.hpp"
#include "engine/store/sha256.hpp"

namespace shardmill {
namespace {

bool is_damaged(const std::filesystem::path& file, const ShardRecord& record, bool closely) {
  std::error_code missing;
  if (std::filesystem::file_size(file, missing) != record.bytes || missing) return true;
  try {
    return closely && sha256_of_file(file) != record.sha256;
  } catch (const DataError&) {
    return true;  // a disk that fails here may take the new file elsewhere
  }
}

}  // namespace

std::set<std::string> damaged_shards(Cluster& cluster, const Manifest& manifest,
                                     const std::filesystem::path& snapshot, bool closely) {
  std::string mine;
  WireWriter out(mine);
  agree_all(cluster.control, [&] {
    for (std::size_t i = 0; i < manifest.shards.size(); ++i) {
      if (i % cluster.size() != cluster.rank().value) continue;
      const ShardRecord& record = manifest.shards[i];
      if (is_damaged(snapshot / record.path, record, closely)) out.text(record.path);
      cluster.watchdog.progress();
    }
  });
  std::set<std::string> damaged;
  for (const std::string& bytes : cluster.control.all_gather(mine)) {
    for (WireReader in(bytes, "damaged shards"); !in.done();) damaged.emplace(in.text());
  }
  return damaged;
}

}  // namespace shardmill
