// The receiving end of an exchange: packets for this rank are checked, counted by origin, and their
// rows handed to the sink.
#pragma once

#include <string>
#include <vector>

#include "cluster/cluster.hpp"
#include "engine/exchange/packet.hpp"
#include "engine/exchange/partial_rows.hpp"

namespace shardmill {

// Where arriving rows go.
class RowSink {
 public:
  virtual ~RowSink() = default;
  // Whole rows of one packet, in the order one rank put them: each `fixed_row_bytes` long, or a u32
  // length (little-endian) and so many bytes. Valid during the call. Must not wait or put.
  virtual void accept(std::span<const std::byte> rows) = 0;
};

class Inbox {
 public:
  // `where` begins every error. `fixed_row_bytes` = 0: rows have a length before them.
  Inbox(Cluster& cluster, const std::string& name, std::string where, std::size_t fixed_row_bytes,
        RowSink& sink);

  // Throws TransportError when the rows are not what the packet says, or the origin's totals are
  // not what has arrived: then the message names the pair.
  void accept(const Packet& packet);
  // Of every rank the totals have come, and were right; TransportError names one that is missing.
  void check_complete() const;
  [[nodiscard]] u64 rows() const { return rows_; }
  [[nodiscard]] u64 bytes() const { return bytes_; }
  [[nodiscard]] u64 spilled_bytes() const { return partial_.spilled_bytes(); }

 private:
  struct Origin {
    Totals received;
    bool ended = false;
  };
  void accept_rows(Rank origin, std::span<const std::byte> rows, u64 announced);
  void end(Rank origin, const Packet& packet);

  std::string name_;
  std::string where_;
  Rank self_;
  std::size_t fixed_row_bytes_;
  RowSink& sink_;
  std::vector<Origin> origins_;  // by rank
  PartialRows partial_;
  u64 rows_ = 0;
  u64 bytes_ = 0;
};

}  // namespace shardmill
