// The lines that the ledger has of one document, beside the one that says that it was kept.
#pragma once

#include <vector>

#include "jobs/run/fate.hpp"

namespace shardmill {

struct LedgerLine {
  u32 step;            // position in the pipeline
  const Hit* hit;      // a drop, or
  const Match* match;  // what was found, with a drop when it is the step's first
};

// In the order of the steps, the drop that owns the document first. `lines` is replaced; they look
// into the fate.
void list_lines(const Fate& fate, std::vector<LedgerLine>& lines);

}  // namespace shardmill
