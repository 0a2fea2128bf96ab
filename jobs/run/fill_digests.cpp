#include "jobs/run/fill_digests.hpp"

#include <sys/stat.h>

#include "cluster/agree.hpp"
#include "cluster/signals.hpp"
#include "cluster/watchdog.hpp"
#include "engine/batch/wire.hpp"

namespace shardmill {
namespace {

bool is_unchanged(const std::string& path, const FileVersion& file) {
  struct stat now {};
  if (stat(path.c_str(), &now) != 0) return false;
  const i64 mtime_ns = i64{now.st_mtim.tv_sec} * 1'000'000'000 + now.st_mtim.tv_nsec;
  return narrow<u64>(now.st_size) == file.size && mtime_ns == file.mtime_ns;
}

}  // namespace

void fill_digests(Cluster& cluster, const ReadPlan& plan, Catalog& catalog) {
  std::vector<bool> read(catalog.files.size());  // all, without --limit
  for (const Fragment& fragment : plan.fragments) {
    for (const Piece& piece : fragment.pieces) read[piece.ordinal] = true;
  }
  std::string mine;
  WireWriter out(mine);
  agree_all(cluster.control, [&] {
    for (u64 i = 0; i < catalog.files.size() && !cluster.stop.is_set(); ++i) {
      const bool open = read[i] && !plan.path_of[i].empty() && catalog.files[i].digest.empty();
      if (!open || i % cluster.size() != cluster.rank().value) continue;
      std::string digest;
      try {
        digest = file_digest(plan.path_of[i]);
      } catch (const DataError&) {
        continue;  // a tolerated file that cannot be read: the read pass has judged it
      }
      cluster.watchdog.progress();
      // Written to since it was listed: without a digest the next run sees a new version.
      if (!is_unchanged(plan.path_of[i], catalog.files[i])) continue;
      out.number(i);
      out.text(digest);
    }
  });
  for (const std::string& bytes : cluster.control.all_gather(mine)) {
    for (WireReader in(bytes, "digests"); !in.done();) {
      const u64 ordinal = in.number();
      catalog.files[ordinal].digest = in.text();
    }
  }
}

}  // namespace shardmill
