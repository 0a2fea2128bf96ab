#include "jobs/run/step_order.hpp"

#include <algorithm>

namespace shardmill {

std::vector<std::string> order_warnings(const Pipeline& pipeline) {
  const std::vector<std::string> dropping = dropping_steps(pipeline);
  std::vector<std::string> sentences;
  std::string dedup;
  bool dedup_is_exact = false;
  for (const Step& step : pipeline.steps) {
    const bool drops = std::find(dropping.begin(), dropping.end(), step.label) != dropping.end();
    const bool is_dedup = step.op.starts_with("dedup.");
    const bool cuts = step.global && step.global->cuts_text();
    // Exact copies hold the same benchmark items: if one goes, all would.
    const bool same_for_copies = step.op == "decontaminate" && dedup_is_exact;
    if (!dedup.empty() && drops && !is_dedup && !cuts && !same_for_copies && step.op != "exclude") {
      sentences.push_back(step.label + " may drop a document that " + dedup +
                          " kept instead of others, and then all of them are gone; put it before " +
                          dedup);
    }
    if (is_dedup && (dedup.empty() || dedup_is_exact)) {
      dedup = step.label;
      dedup_is_exact = step.op == "dedup.exact";
    }
  }
  return sentences;
}

}  // namespace shardmill
