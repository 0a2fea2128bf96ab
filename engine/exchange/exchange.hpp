// The one all-to-all. Every rank puts rows for any rank; every rank's sink gets the rows meant for
// it; the exchange closes only when what each pair sent is what arrived.
//
//   put ─▶ packets ─▶ link ─▶ neighbour ─▶ inbox: checks, counts ─▶ sink
//                               │  (two-hop route only)
//                               └─▶ link inside the node ─▶ inbox ─▶ sink
//
// Memory is bounded by the links (link.hpp), leased from the budget when the exchange opens; with
// many neighbours the frames get smaller.
//
// No circle of waits: a sink takes every frame at once and never waits on a send, so frames of the
// last hop always leave. A frame to be forwarded holds its receive, whose credit is returned only
// when the last packet of it is in a frame of the last hop; it waits for frames of the last hop
// only. Rows being put wait for both. Every waiting rank works on what arrives meanwhile.
//
// Several exchanges may be open at once; they open and finish in the same order on every rank, and
// no collective of `Cluster::control` may come between the first put and finish.
#pragma once

#include <cstring>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "cluster/cluster.hpp"
#include "engine/exchange/inbox.hpp"
#include "engine/exchange/link.hpp"
#include "engine/exchange/route.hpp"

namespace shardmill {

class Exchange final : private FrameOwner {
 public:
  using Row = std::span<const std::byte>;

  // Opens the exchange: posts receives and greets neighbours; waits for nobody. Every rank opens
  // the same exchanges in the same order. `fixed_row_bytes` = 0 means rows of any length below 4
  // GiB. Throws ResourceError when the frames do not fit the budget.
  Exchange(Cluster& cluster, std::string name, std::size_t fixed_row_bytes, RowSink& sink);
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // Of the frames, when they have shrunk as far as they do: on this cluster's route, or on the
  // direct one, which takes the most; with the usual number of credits.
  [[nodiscard]] static u64 smallest_memory(const Cluster& cluster);
  [[nodiscard]] static u64 smallest_memory(u32 ranks);

  // Copies the row; may wait for credit (and serve others meanwhile). Throws TransportError when a
  // peer is gone, a frame is damaged or missing, or nothing moves for Cluster::wait_limit.
  void put(Rank to, Row row) { put(to, {row}); }
  // One row given in pieces.
  void put(Rank to, std::initializer_list<Row> pieces) {
    std::size_t bytes = 0;
    for (const Row& piece : pieces) bytes += piece.size();
    Outbox& box = outboxes_[to.value];
    const std::size_t need = bytes + prefix_bytes_;
    if (static_cast<std::size_t>(box.end - box.at) < need || bytes > kMaxRow) {
      if (!make_room(to, bytes)) return put_large(to, pieces, bytes);
    }
    if (prefix_bytes_ != 0) {
      const u32 length = static_cast<u32>(bytes);
      std::memcpy(box.at, &length, sizeof length);
      box.at += sizeof length;
    }
    for (const Row& piece : pieces) {
      if (!piece.empty()) std::memcpy(box.at, piece.data(), piece.size());
      box.at += piece.size();
    }
    ++box.rows;
  }
  // Collective. Sends what is left, waits until every peer has finished and checks, pair by pair
  // from end to end, that rows, bytes and checksum sent equal those received; TransportError names
  // the pair. Adds to Cluster::traffic. Once more than the rows, a rank sends 56 bytes to every
  // other, inside of frames.
  void finish();
  // What was put and moved; complete after finish.
  [[nodiscard]] const Traffic& traffic() const { return traffic_; }
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  static constexpr std::size_t kMaxRow = 0xFFFF'FFFF - sizeof(u32);

  // The rows being collected for one rank: in the frame that goes there (direct route), in a slot
  // of their own (two-hop), or in a buffer that the sink gets (oneself).
  struct Outbox {
    std::byte* at = nullptr;
    std::byte* end = nullptr;
    u32 rows = 0;
  };

  bool take(const Transport::Done& done) override;
  void settle() override;

  void lease_frames();
  void open_links();
  [[nodiscard]] std::byte* slot(Rank to) { return slots_.get() + to.value * slot_bytes_; }
  [[nodiscard]] Link& link_to(Rank to) { return *links_[router_.next_hop(to).value]; }
  bool make_room(Rank to, std::size_t row_bytes);
  void put_large(Rank to, std::initializer_list<Row> pieces, std::size_t row_bytes);
  void flush(Rank to);
  void flush_to_self();
  void send_packet(PacketHeader header, std::span<const Row> pieces, std::size_t at);
  std::span<std::byte> room_in(Link& link, std::size_t bytes);
  void finish_links(bool last_hop);
  void greet_when_ready();
  void consume(Link& link);
  bool forward(const Link& from, const Packet& packet, Row encoded);
  void record_traffic();
  template <class Ready>
  void wait_until(const std::string& what, Ready ready);
  template <class Ready>
  void wait_for(Link& link, Ready ready);
  bool serve();

  Cluster& cluster_;
  std::string name_;
  std::size_t fixed_row_bytes_;
  std::size_t prefix_bytes_;
  RowSink& sink_;
  Router router_;
  Lease lease_;
  Wire wire_;
  std::vector<Outbox> outboxes_;              // by rank, oneself included
  std::vector<std::unique_ptr<Link>> links_;  // by rank, null where there is none
  std::unique_ptr<std::byte[]> own_rows_;     // rows to oneself
  std::unique_ptr<std::byte[]> slots_;        // two hops: one for each rank
  std::size_t slot_bytes_ = 0;                // 0 on the direct route
  std::vector<Totals> put_;                   // for each rank, in packets on their way
  Inbox inbox_;
  bool greeted_forwarders_ = false;
  bool finishing_ = false;
  Span::Clock::time_point opened_ = Span::Clock::now();
  bool finished_ = false;
  std::vector<Transport::Done> done_;  // of serve
  Traffic traffic_;
};

}  // namespace shardmill
