#include "engine/exchange/partial_rows.hpp"

#include <utility>

namespace shardmill {

std::span<const std::byte> PartialRows::add(const Packet& packet, const std::string& where) {
  const Rank origin{packet.header.origin};
  Row& row = rows_[origin.value];
  const bool begins = packet.header.rows == 1;
  if (begins) row.bytes = packet.header.row_bytes;
  if (packet.header.rows > 1 || begins == (row.arrived > 0) || packet.payload.empty() ||
      packet.header.row_bytes != row.bytes || packet.payload.size() > row.bytes - row.arrived) {
    throw TransportError(where + ": a part of " + std::to_string(packet.payload.size()) +
                         " bytes from rank " + std::to_string(origin.value) + " does not go on a " +
                         "row of which " + std::to_string(row.arrived) + " of " +
                         std::to_string(row.bytes) + " bytes are here");
  }
  release(whole_);
  if (begins && !held_) {
    held_ = origin;
    in_memory_.reserve(row.bytes);
  }
  row.arrived += packet.payload.size();
  const bool held = held_ == origin;
  if (held) {
    in_memory_.insert(in_memory_.end(), packet.payload.begin(), packet.payload.end());
  } else {
    row.blocks.push_back(scratch_.end());
    scratch_.write_block(packet.payload);
    spilled_bytes_ += packet.payload.size();
  }
  if (row.arrived < row.bytes) return {};
  if (held) {
    whole_ = std::exchange(in_memory_, std::vector<std::byte>());
    held_.reset();
  } else {
    read_back(row);
  }
  row = {};
  return whole_;
}

void PartialRows::read_back(const Row& row) {
  whole_.reserve(row.bytes);
  for (const u64 at : row.blocks) {
    const u64 end = scratch_.read_block(at, block_);
    whole_.insert(whole_.end(), block_.begin(), block_.end());
    scratch_.discard({at, end});
  }
  release(block_);
}

}  // namespace shardmill
