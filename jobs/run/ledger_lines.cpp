#include "jobs/run/ledger_lines.hpp"

#include <algorithm>

namespace shardmill {

void list_lines(const Fate& fate, std::vector<LedgerLine>& lines) {
  lines.clear();
  for (const Hit& hit : fate.hits) lines.push_back({hit.step, &hit, nullptr});
  for (const StepMatch& found : fate.matches) {
    const auto drop = std::find_if(lines.begin(), lines.end(), [&](const LedgerLine& line) {
      return line.step == found.step && line.hit != nullptr;
    });
    if (drop != lines.end() && drop->match == nullptr) {
      drop->match = &found.match;
    } else {
      lines.push_back({found.step, nullptr, &found.match});
    }
  }
  const auto first = fate.kept() ? lines.begin() : lines.begin() + 1;
  std::stable_sort(first, lines.end(),
                   [](const LedgerLine& a, const LedgerLine& b) { return a.step < b.step; });
}

}  // namespace shardmill
