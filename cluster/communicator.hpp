// Collectives for control: small, typed, called by every rank in the same order. Payload goes
// through the exchange, never through here.
#pragma once

#include <string>
#include <vector>

#include "cluster/types.hpp"

namespace shardmill {

class Communicator {
 public:
  virtual ~Communicator() = default;
  [[nodiscard]] virtual Rank rank() const = 0;
  [[nodiscard]] virtual u32 size() const = 0;
  [[nodiscard]] bool is_root() const { return rank().value == 0; }

  virtual void barrier() = 0;
  // Every rank's bytes, in rank order, on every rank. Lengths may differ; sums above 2^31 are safe.
  virtual std::vector<std::string> all_gather(const std::string& mine) = 0;
  // The root's bytes on every rank.
  virtual std::string broadcast(const std::string& from_root) = 0;
  // Element-wise over all ranks; every rank passes the same number of elements.
  virtual std::vector<u64> all_sum(const std::vector<u64>& mine) = 0;  // modulo 2^64
  virtual std::vector<u64> all_max(const std::vector<u64>& mine) = 0;

  u64 all_sum(u64 mine) { return all_sum(std::vector<u64>{mine})[0]; }
  u64 all_max(u64 mine) { return all_max(std::vector<u64>{mine})[0]; }
  bool any(bool mine) { return all_max(u64{mine}) != 0; }
};

}  // namespace shardmill
