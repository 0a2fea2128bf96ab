#include "jobs/run/stopped_run.hpp"

#include <nlohmann/json.hpp>

#include "jobs/command/output.hpp"

namespace shardmill {

u64 committed_by_all(Communicator& control, const Observer& observer) {
  u64 mine = 0;
  for (const Observer::Stage& stage : observer.stages()) {
    const auto counter = stage.counters.find(kCommitted);
    if (counter != stage.counters.end()) mine += counter->second;
  }
  return control.all_sum(mine);
}

std::string stopped_message(const Stopped& stopped, u64 committed) {
  return stopped.what() + std::string(committed > 0 ? ""
                                                    : "; this run committed nothing new: it needs "
                                                      "more time, or to be told earlier");
}

void print_stopped(const std::string& dataset, const std::filesystem::path& output, u64 committed) {
  const nlohmann::ordered_json json = {
      {"dataset", dataset}, {"path", output.string()}, {"stopped", true}, {"committed", committed}};
  Output out;
  out.write(json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
  out.finish();
}

}  // namespace shardmill
