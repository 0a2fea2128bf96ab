#include "cluster/budget.hpp"

#include <algorithm>
#include <utility>

#include "cluster/environment.hpp"
#include "cluster/node_memory.hpp"
#include "cluster/peak_memory.hpp"

namespace shardmill {
namespace {

// In the largest unit that divides it, so that the number can be given back to --memory as it is.
std::string readable(u64 bytes) {
  if (bytes > 0 && bytes % (u64{1} << 20) == 0) return std::to_string(bytes >> 20) + " MiB";
  if (bytes > 0 && bytes % (u64{1} << 10) == 0) return std::to_string(bytes >> 10) + " KiB";
  return std::to_string(bytes) + " bytes";
}

u64 rounded_up_to_mib(u64 bytes) { return (bytes + ((u64{1} << 20) - 1)) >> 20 << 20; }

}  // namespace

Lease::Lease(Lease&& other) noexcept
    : budget_(std::exchange(other.budget_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}

Lease& Lease::operator=(Lease&& other) noexcept {
  Lease taken(std::move(other));
  std::swap(budget_, taken.budget_);
  std::swap(bytes_, taken.bytes_);
  return *this;
}

Lease::~Lease() {
  if (budget_ != nullptr) budget_->leased_ -= bytes_;
}

Budget::Budget(Bytes total, bool force_spill) : total_(total.value), force_spill_(force_spill) {}

void Budget::set_aside(const std::string& what, Bytes bytes) {
  if (total_ - aside_ - leased_ < bytes.value) {
    throw ResourceError(what + " need " + readable(bytes.value) +
                        " of memory, more than this rank's " + readable(total_));
  }
  aside_ += bytes.value;
}

Lease Budget::lease(const std::string& stage, double fraction, Bytes floor) {
  if (!(fraction >= 0.0 && fraction <= 1.0)) {
    throw InternalError(stage + " asks for a share of " + std::to_string(fraction) +
                        " of the memory, not between 0 and 1");
  }
  const u64 free = shared() - leased_;
  if (free < floor.value) {
    throw ResourceError(stage + " needs at least " + readable(floor.value) + " of memory, and " +
                        readable(free) + " of this rank's " + readable(total_) +
                        " are free; give --memory " +
                        readable(rounded_up_to_mib(aside_ + leased_ + floor.value)) + " or more");
  }
  const auto share = static_cast<u64>(fraction * static_cast<double>(shared()));
  // Never more than half of what is free: whoever comes later still gets something, however many
  // stages hold theirs.
  const u64 half = (free - std::min(free, kept_free_)) / 2;
  const u64 bytes = force_spill_ ? floor.value : std::max(std::min(share, half), floor.value);
  return_freed_memory();
  leased_ += bytes;
  peak_ = std::max(peak_, leased_);
  u64& largest = largest_[stage];
  largest = std::max(largest, bytes);
  return Lease(this, bytes);
}

Bytes default_memory_per_rank(u32 ranks_on_node) {
  const u64 whole = node_memory(process_environment()).value;
  return {(whole - whole / 10) / std::max(ranks_on_node, u32{1})};
}

}  // namespace shardmill
