#include "engine/exchange/inbox.hpp"

#include <cstring>

namespace shardmill {
namespace {

// Rows with their lengths before them; 0 when they do not end where the bytes do.
u64 count_rows(std::span<const std::byte> rows) {
  u64 counted = 0;
  while (rows.size() >= sizeof(u32)) {
    u32 length = 0;
    std::memcpy(&length, rows.data(), sizeof length);
    if (rows.size() - sizeof length < length) return 0;
    rows = rows.subspan(sizeof length + length);
    ++counted;
  }
  return rows.empty() ? counted : 0;
}

}  // namespace

Inbox::Inbox(Cluster& cluster, const std::string& name, std::string where,
             std::size_t fixed_row_bytes, RowSink& sink)
    : name_(name),
      where_(std::move(where)),
      self_(cluster.rank()),
      fixed_row_bytes_(fixed_row_bytes),
      sink_(sink),
      origins_(cluster.size()),
      partial_(cluster.size(), RunFile(&cluster.scratch, name + ".large", &cluster.watchdog)) {}

void Inbox::accept(const Packet& packet) {
  const Rank from{packet.header.origin};
  if (from.value >= origins_.size() || from == self_ || origins_[from.value].ended) {
    throw TransportError(where_ + ": a packet from rank " + std::to_string(from.value) +
                         (from.value >= origins_.size() || from == self_ ? ", which sends none here"
                                                                         : " after its end"));
  }
  if ((packet.header.flags & kPacketTotals) != 0) return end(from, packet);
  origins_[from.value].received.add(packet.header);
  bytes_ += packet.payload.size();
  if ((packet.header.flags & kPacketPart) == 0) {
    accept_rows(from, packet.payload, packet.header.rows);
  } else if (const auto row = partial_.add(packet, where_); !row.empty()) {
    accept_rows(from, row, 1);
  }
}

void Inbox::accept_rows(Rank origin, std::span<const std::byte> rows, u64 announced) {
  u64 counted = 0;
  if (fixed_row_bytes_ == 0) {
    counted = count_rows(rows);
  } else if (rows.size() % fixed_row_bytes_ == 0) {
    counted = rows.size() / fixed_row_bytes_;
  }
  if (counted == 0 || counted != announced) {
    throw TransportError(where_ + ": a packet from rank " + std::to_string(origin.value) +
                         " says " + std::to_string(announced) + " rows, its " +
                         std::to_string(rows.size()) + " bytes hold " + std::to_string(counted));
  }
  rows_ += counted;
  sink_.accept(rows);
}

void Inbox::end(Rank origin, const Packet& packet) {
  Totals announced;
  if (packet.payload.size() != sizeof announced) {
    throw TransportError(where_ + ": rank " + std::to_string(origin.value) + " ended with " +
                         std::to_string(packet.payload.size()) + " bytes of totals");
  }
  std::memcpy(&announced, packet.payload.data(), sizeof announced);
  Origin& from = origins_[origin.value];
  from.ended = true;
  if (announced == from.received && !partial_.has(origin)) return;
  throw TransportError("exchange " + name_ + ": rank " + std::to_string(origin.value) +
                       " sent rank " + std::to_string(self_.value) + " " + announced.text() + "; " +
                       from.received.text() + " arrived");
}

void Inbox::check_complete() const {
  for (u32 r = 0; r < origins_.size(); ++r) {
    if (r == self_.value || origins_[r].ended) continue;
    throw TransportError(where_ + ": all links are closed, and the totals of rank " +
                         std::to_string(r) + " have not come");
  }
}

}  // namespace shardmill
