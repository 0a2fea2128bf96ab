// What a rank measures of its machine for `doctor`, and what the numbers mean.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/types.hpp"

namespace shardmill {

// Of one rank. Rates are in bytes per second; 0: not measured by this rank.
struct Measured {
  std::string host;
  u32 node = 0;           // from 0
  std::string program;    // hash of the program that runs
  std::string seen;       // what the rank read from the dataset's folder; empty: nothing
  double seen_after = 0;  // seconds until it was there
  std::set<u32> cores;    // that the rank may use, by number
  u64 memory = 0;         // bytes that the machine lets the job use
  u64 shared_memory = 0;  // bytes of /dev/shm
  int memory_unread = 0;  // why it cannot read a neighbour's memory (errno); 0: it can, or has none
  u64 open_files = 0;     // how many it may have
  i64 clock_ms = 0;       // milliseconds that its clock is ahead of rank 0's
  bool lock_seen = true;  // that rank 0's lock on a file keeps it out
  double dataset_rate = 0;   // writing with fsync, one rank a machine
  double scratch_rate = 0;   // writing, one rank a machine
  u64 dataset_free = 0;      // bytes
  u64 scratch_free = 0;      // bytes
  double exchange_rate = 0;  // of rows to other ranks

  void append(std::string& bytes) const;
  [[nodiscard]] static Measured read(std::string_view bytes);
};

enum class Health { ok, slow, wrong };

struct Diagnosis {
  Health health = Health::ok;
  std::string what;
  std::string advice;  // empty when all is well
  // What every machine has of it (the least of its ranks), when there are several: bytes, bytes per
  // second or a count, as `what` has it.
  std::map<std::string, double> by_host = {};
};

// What rank 0 found out about the dataset's folder.
struct FolderCheck {
  bool renames = false;     // exclusively
  bool links = false;       // hard links
  bool locks = false;       // flock
  std::string token;        // what every rank should have seen
  std::vector<u32> unseen;  // ranks whose files rank 0 did not see
};

// One line for each thing, in a fixed order; `ranks` in rank order.
[[nodiscard]] std::vector<Diagnosis> diagnose(const std::vector<Measured>& ranks,
                                              const FolderCheck& folder);

}  // namespace shardmill
