#include "cluster/traffic.hpp"

#include <algorithm>

namespace shardmill {

u64 Traffic::rows_put() const {
  u64 sum = 0;
  for (const To& one : to) sum += one.rows;
  return sum;
}

u64 Traffic::bytes_put() const {
  u64 sum = 0;
  for (const To& one : to) sum += one.bytes;
  return sum;
}

void Traffic::add(const Traffic& other) {
  exchanges += other.exchanges;
  to.resize(std::max(to.size(), other.to.size()));
  for (std::size_t r = 0; r < other.to.size(); ++r) {
    to[r].rows += other.to[r].rows;
    to[r].bytes += other.to[r].bytes;
    to[r].frames += other.to[r].frames;
    to[r].frame_bytes += other.to[r].frame_bytes;
    to[r].credit_frames += other.to[r].credit_frames;
    to[r].waits += other.to[r].waits;
    to[r].seconds_waiting += other.to[r].seconds_waiting;
  }
  rows_received += other.rows_received;
  bytes_received += other.bytes_received;
  bytes_forwarded += other.bytes_forwarded;
  buffer_bytes = std::max(buffer_bytes, other.buffer_bytes);
  spilled_bytes += other.spilled_bytes;
  seconds_waiting += other.seconds_waiting;
}

void add_traffic(std::vector<Traffic>& all, const Traffic& one) {
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const Traffic& known) { return known.name == one.name; });
  if (found == all.end()) {
    all.push_back(one);
  } else {
    found->add(one);
  }
}

}  // namespace shardmill
