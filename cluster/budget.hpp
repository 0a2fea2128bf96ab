// The memory a rank may use, cut into leases before anything is allocated.
//
// --memory is per rank. A stage declares what it needs at least (its floor); a run whose floors do
// not fit is refused before it starts, with the sum. Stages spill only themselves: a lease never
// shrinks while it is held.
#pragma once

#include <map>
#include <string>

#include "cluster/types.hpp"

namespace shardmill {

class Budget;

// A share of the budget, given back when it goes out of scope. Move-only.
class Lease {
 public:
  Lease() = default;
  Lease(Lease&& other) noexcept;
  Lease& operator=(Lease&& other) noexcept;
  ~Lease();
  [[nodiscard]] u64 bytes() const { return bytes_; }

 private:
  friend class Budget;
  Lease(Budget* budget, u64 bytes) : budget_(budget), bytes_(bytes) {}
  Budget* budget_ = nullptr;
  u64 bytes_ = 0;
};

class Budget {
 public:
  // The smallest --memory any run accepts; a job may need more (docs/memory.md).
  static constexpr u64 kSmallest = u64{64} << 20;

  // force_spill: every lease is cut to its floor, so that every stage spills (tests).
  explicit Budget(Bytes total, bool force_spill = false);
  Budget(const Budget&) = delete;  // leases point back here
  Budget& operator=(const Budget&) = delete;
  // Takes memory out for good, for what is used beside all leases. Throws ResourceError when the
  // budget has less.
  void set_aside(const std::string& what, Bytes bytes);
  // So much is left free by leases above their floor: others' floors, of whoever comes later.
  void keep_free(Bytes bytes) { kept_free_ = bytes.value; }
  // At least `floor`, at most `fraction` of the budget (less what is set aside) and half of what is
  // free beyond what is kept so.
  // Throws ResourceError naming the stage, the floor and --memory when less than the floor is free.
  [[nodiscard]] Lease lease(const std::string& stage, double fraction, Bytes floor = 1_MiB);
  [[nodiscard]] u64 total() const { return total_; }
  [[nodiscard]] u64 shared() const { return total_ - aside_; }  // what shares are of
  [[nodiscard]] u64 leased() const { return leased_; }
  [[nodiscard]] u64 peak_leased() const { return peak_; }
  // Of every stage that had one, bytes.
  [[nodiscard]] const std::map<std::string, u64>& largest_leases() const { return largest_; }

 private:
  friend class Lease;
  u64 total_ = 0;
  u64 aside_ = 0;
  u64 kept_free_ = 0;
  u64 leased_ = 0;
  u64 peak_ = 0;
  std::map<std::string, u64> largest_;
  bool force_spill_ = false;
};

// What --memory is when nobody says: Slurm's limit, else the control group's, else physical
// memory, shared by the ranks of this node, less a tenth for the system.
[[nodiscard]] Bytes default_memory_per_rank(u32 ranks_on_node);

}  // namespace shardmill
