#include "jobs/run/load_exclusions.hpp"

#include "cluster/agree.hpp"

namespace shardmill {

void load_exclusions_together(Communicator& control, Pipeline& pipeline) {
  agree_all(control, [&] { load_exclusions(pipeline); });
  if (!pipeline.excluded) return;
  const u64 mine = pipeline.excluded->fingerprint();
  const std::vector<u64> most = control.all_max(std::vector<u64>{mine, ~mine});
  if (most[0] != ~most[1]) {
    fail_together(DataError("exclude: its list has changed since the run began; run again"));
  }
}

}  // namespace shardmill
