#include "jobs/run/lock_together.hpp"

#include <algorithm>

#include "cluster/agree.hpp"
#include "cluster/watchdog.hpp"
#include "jobs/run/stopped_run.hpp"

namespace shardmill {

RunLock lock_together(Cluster& cluster, const std::filesystem::path& output, u64 seconds) {
  constexpr u64 kTurn = 5;
  RunLock lock;
  for (bool done = false; !done;) {
    const u64 turn = std::min(seconds, kTurn);
    seconds -= turn;
    done = agree(cluster.control, [&] {
             const bool last = seconds == 0;
             lock.first = last ? std::optional(DatasetLock(output, turn))
                               : DatasetLock::try_for(output, turn);
             return std::string(last || lock.first ? "1" : "");
           }) == "1";
    stop_if_asked(cluster.control, cluster.stop, "stopped by a signal before it began");
    cluster.watchdog.progress();
  }
  agree_all(cluster.control, [&] {
    if (!cluster.control.is_root()) lock.other.emplace(output);
  });
  return lock;
}

}  // namespace shardmill
