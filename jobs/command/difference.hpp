// What differs between two snapshots: documents added, removed, changed and moved to another split.
// tests/oracle/difference.py defines it.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "jobs/command/dataset.hpp"

namespace shardmill {

struct Difference {
  using Counts = std::map<std::string, std::map<std::string, u64>>;
  Counts added;                        // by source and why it was not there ("new" otherwise)
  Counts removed;                      // by source and why it went ("not in the input" otherwise)
  std::map<std::string, u64> changed;  // by source
  Counts moved;                        // by split before and after
  u64 rows_compared = 0;               // of shards that the snapshots do not share
};

// One document of which something differs.
struct DifferentDocument {
  std::string what;  // added, removed, changed, moved
  std::string id;
  std::string source;        // after, if it is there
  std::string reason;        // of added and removed ones
  std::string split_before;  // empty: not there
  std::string split_after;
};

// Only shards that the two do not share are read: in several goes, so that no more than `rows` of
// them are held at once (about 150 bytes each). Documents come in the order of the hashes of their
// ids. DataError for shards that cannot be read.
[[nodiscard]] Difference compare_snapshots(
    const Dataset& before, const Dataset& after, u64 rows,
    const std::function<void(const DifferentDocument&)>& on_document = {});

}  // namespace shardmill
