// What the finished exchanges of one name moved, as this rank saw it: one row of the rank-by-rank
// matrix.
#pragma once

#include <string>
#include <vector>

#include "cluster/types.hpp"

namespace shardmill {

struct Traffic {
  // To a rank; of the last five nothing with ranks that are no neighbours (two-hop route), and of
  // oneself only rows and bytes.
  struct To {
    u64 rows = 0;   // put here for that rank, whichever way they went
    u64 bytes = 0;  // of these rows, with their length prefixes
    u64 frames = 0;
    u64 frame_bytes = 0;    // sent to that neighbour, headers and rows that were forwarded included
    u64 credit_frames = 0;  // sent to that neighbour: a greeting, and credits that rode on no frame
    u64 waits = 0;          // for credit or a free frame
    double seconds_waiting = 0;
  };

  std::string name;
  u64 exchanges = 0;  // of this name
  std::vector<To> to;
  u64 rows_received = 0;    // from other ranks, for this one
  u64 bytes_received = 0;   // of these rows
  u64 bytes_forwarded = 0;  // of packets that this rank passed on to another of its node
  u64 buffer_bytes = 0;     // of frames and slots that one exchange allocated, at most
  u64 spilled_bytes = 0;    // parts of large rows that waited on scratch
  double seconds_waiting = 0;

  [[nodiscard]] u64 rows_put() const;
  [[nodiscard]] u64 bytes_put() const;
  void add(const Traffic& other);
};

// To the entry of its name, or as a new one: exchanges of the same name are one line.
void add_traffic(std::vector<Traffic>& all, const Traffic& one);

}  // namespace shardmill
