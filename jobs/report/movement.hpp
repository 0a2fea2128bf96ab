// What moved between ranks, and what memory stages had: part of the report of a run.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cluster/types.hpp"

namespace shardmill {

// All exchanges of one name.
struct ExchangeReport {
  std::string name;
  u64 exchanges = 0;
  u64 rows = 0;
  u64 bytes = 0;               // of rows, with their length prefixes
  u64 bytes_between = 0;       // of these, for another rank than the one that put them
  u64 frames = 0;              // sent, those of rows that were passed on included
  u64 waits = 0;               // for credit or a free frame
  double seconds_waiting = 0;  // of the rank that waited longest
  u64 most_received = 0;       // bytes for one rank
  // The rank that got most against the mean: 1 is even.
  [[nodiscard]] double imbalance(u32 ranks) const {
    return bytes == 0 ? 1.0
                      : static_cast<double>(most_received) * ranks / static_cast<double>(bytes);
  }
};

struct Movement {
  // More are not shown one by one.
  static constexpr u32 kMostRanks = 64;

  std::vector<ExchangeReport> exchanges;  // in the order of their first ends
  std::vector<std::vector<u64>> matrix;   // bytes from rank to rank, all exchanges; empty with many
  std::vector<std::pair<std::string, u64>> leases;  // largest of each name on any rank, in bytes
};

// {"exchanges": […], "bytes_from_to": [[…]], "largest_leases": {…}}
[[nodiscard]] std::string movement_json(const Movement& movement, u32 ranks);

}  // namespace shardmill
