// Rows larger than a frame, put together from their parts. In memory is one row that is being put
// together and one that is complete, however many ranks send large rows at once: the parts of the
// others wait on scratch.
#pragma once

#include <optional>
#include <vector>

#include "engine/exchange/packet.hpp"
#include "engine/records/run_file.hpp"

namespace shardmill {

class PartialRows {
 public:
  PartialRows(u32 ranks, RunFile scratch) : rows_(ranks), scratch_(std::move(scratch)) {}

  // Takes the next part of the row that packet.header.origin sends. The whole row when this was
  // the last one, valid until the next call; otherwise empty. Throws TransportError, beginning with
  // `where`, for a part that belongs to no row, and ResourceError when scratch is full.
  [[nodiscard]] std::span<const std::byte> add(const Packet& packet, const std::string& where);
  // Of this origin a row has begun and not ended.
  [[nodiscard]] bool has(Rank origin) const { return rows_[origin.value].arrived > 0; }
  [[nodiscard]] u64 spilled_bytes() const { return spilled_bytes_; }

 private:
  struct Row {
    u32 bytes = 0;  // of the whole row
    u64 arrived = 0;
    std::vector<u64> blocks;  // offsets of its parts on scratch
  };
  void read_back(const Row& row);

  std::vector<Row> rows_;  // by origin
  RunFile scratch_;
  std::optional<Rank> held_;  // whose row is put together in memory
  std::vector<std::byte> in_memory_;
  std::vector<std::byte> whole_;
  std::vector<std::byte> block_;
  u64 spilled_bytes_ = 0;
};

}  // namespace shardmill
