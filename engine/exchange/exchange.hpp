// The one all-to-all. Every rank puts rows for any rank; every rank's sink gets the rows meant for
// it; the exchange closes only when what each pair sent is what arrived.
//
//   put ─▶ a frame per peer ─▶ (credit?) ─▶ transport ─▶ checks ─▶ sink ─▶ receive posted again
//                                  ▲                                              │
//                                  └────────────── credit ────────────────────────┘
//
// A credit is a receive already posted: nobody sends without one, so memory is bounded by
// (2 credits + 1) frames per peer, leased from the budget when the exchange opens; with many ranks
// the frames get smaller. A rank that waits for credit works on what arrives for it, and sinks
// never wait on a send, so waits cannot form a circle. Several exchanges may be open at once;
// they open and finish in the same order on every rank, and no collective of `Cluster::control`
// may come between the first put and finish.
#pragma once

#include <cstring>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "cluster/cluster.hpp"

namespace shardmill {

// Where arriving rows go.
class RowSink {
 public:
  virtual ~RowSink() = default;
  // Whole rows of one frame, in the order one peer put them: each `fixed_row_bytes` long, or a u32
  // length (little-endian) and so many bytes. Valid during the call. Must not wait or put.
  virtual void accept(std::span<const std::byte> rows) = 0;
};

struct ExchangeStats {
  u64 rows_put = 0;
  u64 bytes_put = 0;  // row bytes with their length prefixes
  u64 rows_to_self = 0;
  u64 rows_received = 0;  // without those from oneself
  u64 bytes_received = 0;
  u64 frames_sent = 0;
  u64 frames_received = 0;
  u64 credit_messages_sent = 0;
  double seconds_waiting = 0;
};

class Exchange final : private FrameOwner {
 public:
  using Row = std::span<const std::byte>;

  // Opens the exchange: posts receives and greets every peer; waits for nobody. Every rank opens
  // the same exchanges in the same order. `fixed_row_bytes` = 0 means rows of any length below 4
  // GiB. Throws ResourceError when the frames do not fit the budget.
  Exchange(Cluster& cluster, std::string name, std::size_t fixed_row_bytes, RowSink& sink);
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // Of the frames, when they have shrunk as far as they do; with the usual number of credits.
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
  // Collective. Sends what is left, waits until every peer has finished and checks, pair by pair,
  // that rows, bytes and checksum sent equal those received; TransportError names the pair.
  void finish();
  [[nodiscard]] const ExchangeStats& stats() const { return stats_; }
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  static constexpr std::size_t kMaxRow = 0xFFFF'FFFF;

  // The frame being filled for one rank.
  struct Outbox {
    std::byte* at = nullptr;
    std::byte* end = nullptr;
    u64 rows = 0;
  };
  struct Peer;
  // A buffer that is the transport's until its ticket comes back.
  struct Pending {
    enum class Kind { data_in, data_out, credit_in, credit_out };
    Kind kind;
    Rank peer;
    std::unique_ptr<std::byte[]> buffer;
  };

  bool take(const Transport::Done& done) override;
  void settle() override;

  bool make_room(Rank to, std::size_t row_bytes);
  void put_large(Rank to, std::initializer_list<Row> pieces, std::size_t row_bytes);
  void flush(Rank to);
  void send_frame(Peer& peer, std::size_t payload_bytes, u64 rows, u32 flags, u64 row_bytes);
  void send_parts(Peer& peer, Row row);
  void fresh_buffer(Peer& peer);
  void post_data(Peer& peer, std::unique_ptr<std::byte[]> buffer);
  void post_credit(Peer& peer);
  void send_credits(Peer& peer, u32 flags, u32 credits);
  void on_data(Peer& peer, std::span<const std::byte> frame);
  void on_credits(Peer& peer, std::span<const std::byte> frame);
  void accept_rows(Peer& peer, Row payload, u64 rows);
  void accept_part(Peer& peer, Row payload, u64 row_bytes);
  void check_finished(const Peer& peer) const;
  [[nodiscard]] bool quiet(const Peer& peer) const;
  template <class Ready>
  void wait_until(const std::string& what, Ready ready);
  [[nodiscard]] std::string where() const;

  Cluster& cluster_;
  std::string name_;
  std::size_t fixed_row_bytes_;
  std::size_t prefix_bytes_;
  RowSink& sink_;
  u32 channel_;
  Lease lease_;
  std::size_t frame_bytes_ = 0;
  std::vector<Outbox> outboxes_;              // by rank, oneself included
  std::vector<std::unique_ptr<Peer>> peers_;  // by rank, null for oneself
  std::unique_ptr<std::byte[]> own_rows_;     // rows to oneself, handed over by the frame
  std::unordered_map<Transport::Ticket, Pending> pending_;
  ExchangeStats stats_;
  Span::Clock::time_point opened_ = Span::Clock::now();
  bool finished_ = false;
};

}  // namespace shardmill
