// The table NAME_recall of a search among vectors: one row.
#pragma once

#include <string>

#include "engine/plan/global_operator.hpp"

namespace shardmill {

struct RecallRow {
  u64 documents = 0;  // that were compared with all others
  u64 found = 0;      // of what there is for them, what the search meets
  u64 of = 0;
  std::string key;  // a column of its own, what was asked for
  u64 value = 0;

  [[nodiscard]] static TableKey table(const std::string& name, const std::string& key) {
    return {name + "_recall", {key}};
  }
  // Makes it; rank 0 has the row.
  void make_table(Cluster& cluster, const std::string& name, Findings& findings) const;
};

}  // namespace shardmill
