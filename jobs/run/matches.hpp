// Items of benchmarks that steps found in documents, at the homes of the documents.
#pragma once

#include <string>
#include <vector>

#include "engine/plan/match.hpp"
#include "engine/records/rows.hpp"
#include "jobs/run/documents.hpp"

namespace shardmill {

struct StepMatch {
  u32 step = 0;  // position in the pipeline
  Match match;
};

class Matches {
 public:
  // Collective. `found`: Findings::matches of one step; steps come in order.
  void add(Cluster& cluster, const Documents& documents, const std::string& label, u32 step,
           const Rows& found);

  // Along documents in key order.
  class Walk {
   public:
    explicit Walk(const Matches& matches);
    // What steps found in this document: by step, and of each the best first; views live until the
    // next call. Keys come in ascending order.
    void at(DocKey key, std::vector<StepMatch>& found);

   private:
    const Matches& matches_;
    std::vector<Rows::Cursor> cursors_;
    std::vector<const Row*> heads_;
    std::vector<std::pair<u32, std::string>> held_;
  };

 private:
  struct OfStep {
    u32 step;
    Rows rows;  // sorted
  };
  std::vector<OfStep> steps_;
};

}  // namespace shardmill
