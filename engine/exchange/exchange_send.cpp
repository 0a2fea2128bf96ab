// From put to the frame that leaves.
#include <algorithm>

#include "engine/exchange/exchange_wait.hpp"

namespace shardmill {
namespace {

// Bytes `at` … of the row that the pieces make, as many as fit.
void copy_from(std::span<const std::span<const std::byte>> pieces, std::size_t at,
               std::span<std::byte> into) {
  for (const auto& piece : pieces) {
    if (into.empty()) return;
    if (at >= piece.size()) {
      at -= piece.size();
      continue;
    }
    const std::size_t bytes = std::min(piece.size() - at, into.size());
    std::memcpy(into.data(), piece.data() + at, bytes);
    into = into.subspan(bytes);
    at = 0;
  }
}

}  // namespace

// Free space for packets of so many bytes, at most the link's largest. Whatever is served meanwhile
// may use the link, so the room must be committed before anything else happens.
std::span<std::byte> Exchange::room_in(Link& link, std::size_t bytes) {
  if (!link.has_room(bytes)) serve();  // once a frame: others may be waiting for us
  std::span<std::byte> room;
  wait_for(link, [&] {
    room = link.try_room(bytes);
    return !room.empty();
  });
  return room;
}

bool Exchange::make_room(Rank to, std::size_t row_bytes) {
  if (finished_) throw InternalError("exchange " + name_ + ": a row after its end");
  if (row_bytes > kMaxRow) {
    throw ResourceError("exchange " + name_ + ": a row of " + std::to_string(row_bytes) +
                        " bytes; 4 GiB is the most");
  }
  if (fixed_row_bytes_ != 0 && row_bytes != fixed_row_bytes_) {
    throw InternalError("exchange " + name_ + ": a row of " + std::to_string(row_bytes) +
                        " bytes where all have " + std::to_string(fixed_row_bytes_));
  }
  flush(to);
  Outbox& box = outboxes_[to.value];
  const std::size_t need = prefix_bytes_ + row_bytes;
  if (to == cluster_.rank() || slot_bytes_ > 0) {
    return static_cast<std::size_t>(box.end - box.at) >= need;
  }
  Link& link = link_to(to);
  wait_for(link, [&] { return link.is_greeted(); });
  if (sizeof(PacketHeader) + need > link.largest_packet()) return false;
  const std::span<std::byte> room = room_in(link, sizeof(PacketHeader) + need);
  box = {room.data() + sizeof(PacketHeader), room.data() + room.size(), 0};
  return true;
}

void Exchange::flush(Rank to) {
  Outbox& box = outboxes_[to.value];
  if (box.rows == 0) return;
  if (to == cluster_.rank()) return flush_to_self();
  PacketHeader header{.origin = cluster_.rank().value, .destination = to.value, .rows = box.rows};
  if (slot_bytes_ > 0) {
    const Row rows{slot(to), box.at};
    header.bytes = narrow<u32>(rows.size());
    box = {slot(to), slot(to) + slot_bytes_, 0};
    send_packet(header, {&rows, 1}, 0);
  } else {
    // The rows are in the link's frame already, behind the place of their header.
    Link& link = link_to(to);
    const std::span<std::byte> packet{link.filling_at(), box.at};
    header.bytes = narrow<u32>(packet.size() - sizeof header);
    seal_packet(header, packet);
    put_[to.value].add(header);
    link.commit(packet.size());
    box = {};
  }
}

void Exchange::flush_to_self() {
  const u32 self = cluster_.rank().value;
  const Row rows{own_rows_.get(), outboxes_[self].at};
  put_[self].rows += outboxes_[self].rows;
  put_[self].bytes += rows.size();
  outboxes_[self] = {own_rows_.get(), own_rows_.get() + wire_.frame_bytes, 0};
  sink_.accept(rows);
  cluster_.watchdog.progress();  // one rank alone serves nobody
}

// header.bytes of the pieces, from byte `at` on, in a packet of their own.
void Exchange::send_packet(PacketHeader header, std::span<const Row> pieces, std::size_t at) {
  const Rank to{header.destination};
  Link& link = link_to(to);
  const std::span<std::byte> room = room_in(link, sizeof header + header.bytes);
  copy_from(pieces, at, room.subspan(sizeof header, header.bytes));
  seal_packet(header, room);
  if ((header.flags & kPacketTotals) == 0) put_[to.value].add(header);
  link.commit(sizeof header + header.bytes);
}

// A row too large for an outbox: a packet of its own or, larger than a frame, in parts.
void Exchange::put_large(Rank to, std::initializer_list<Row> pieces, std::size_t row_bytes) {
  const u32 length = static_cast<u32>(row_bytes);
  std::vector<Row> all{std::as_bytes(std::span(&length, 1)).first(prefix_bytes_)};
  all.insert(all.end(), pieces.begin(), pieces.end());
  const std::size_t bytes = prefix_bytes_ + row_bytes;
  if (to == cluster_.rank()) {
    const auto row = std::make_unique_for_overwrite<std::byte[]>(bytes);
    copy_from(all, 0, {row.get(), bytes});
    ++put_[to.value].rows;
    put_[to.value].bytes += bytes;
    return sink_.accept({row.get(), bytes});
  }
  Link& link = link_to(to);
  wait_for(link, [&] { return link.is_greeted(); });
  const std::size_t most = link.largest_packet() - sizeof(PacketHeader);
  PacketHeader header{.origin = cluster_.rank().value, .destination = to.value, .rows = 1};
  if (bytes > most) {
    header.flags = kPacketPart;
    header.row_bytes = narrow<u32>(bytes);
  }
  for (std::size_t at = 0; at < bytes; at += header.bytes, header.rows = 0) {
    header.bytes = narrow<u32>(std::min(bytes - at, most));
    send_packet(header, all, at);
  }
}

}  // namespace shardmill
