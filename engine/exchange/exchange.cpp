#include "engine/exchange/exchange.hpp"

#include <algorithm>

#include "cluster/backoff.hpp"
#include "cluster/watchdog.hpp"
#include "engine/exchange/frame.hpp"

namespace shardmill {
namespace {

// Frames shrink with the number of peers to this at least; below it headers and latency dominate.
constexpr std::size_t kSmallestFrame = 4096;
// The largest share of the budget that frames may take.
constexpr double kFramesShare = 1.0 / 16;

// Per peer: the receives posted, as many sends under way, and the frame being filled.
u64 frames_of(u32 ranks, u32 credits_per_peer) {
  return u64{ranks - 1} * (2 * credits_per_peer + 1);
}

// One look at the network for every open exchange of this rank; true when something moved.
bool serve(Cluster& cluster, std::vector<Transport::Done>& done) {
  done.clear();
  cluster.transport.poll(done);
  for (const Transport::Done& one : done) {
    const bool taken = std::any_of(cluster.frame_owners.begin(), cluster.frame_owners.end(),
                                   [&](FrameOwner* owner) { return owner->take(one); });
    if (!taken) {
      throw InternalError("the transport finished ticket " + std::to_string(one.ticket) +
                          ", which no open exchange has");
    }
  }
  for (FrameOwner* owner : cluster.frame_owners) owner->settle();
  if (!done.empty()) cluster.watchdog.progress();
  return !done.empty();
}

}  // namespace

struct Exchange::Peer {
  Rank rank;
  // Outgoing.
  bool greeted = false;  // its hello has arrived, so frame_bytes and credits are known
  std::size_t frame_bytes = 0;
  u32 credits = 0;          // receives posted there that we may use
  u32 unreturned = 0;       // frames sent whose credit is not back
  u32 buffers = 0;          // outgoing buffers made so far; at most credits_per_peer + 1
  u32 sends_under_way = 0;  // data and credit frames
  std::vector<std::unique_ptr<std::byte[]>> free;
  std::unique_ptr<std::byte[]> filling;
  u64 next_data_out = 0;
  u64 next_credit_out = 0;
  FrameTotals sent;
  // Incoming.
  u64 next_data_in = 0;
  u64 next_credit_in = 0;
  u32 owed = 0;  // receives posted again that the peer does not know of
  bool finished = false;
  FrameTotals received;
  FrameTotals announced;
  std::vector<std::byte> partial;  // a row larger than a frame, so far
};

u64 Exchange::smallest_memory(u32 ranks) {
  return frames_of(ranks, Cluster::kCreditsPerPeer) * kSmallestFrame;
}

Exchange::Exchange(Cluster& cluster, std::string name, std::size_t fixed_row_bytes, RowSink& sink)
    : cluster_(cluster),
      name_(std::move(name)),
      fixed_row_bytes_(fixed_row_bytes),
      prefix_bytes_(fixed_row_bytes == 0 ? sizeof(u32) : 0),
      sink_(sink),
      channel_(2 * cluster.next_channel++) {
  const u32 ranks = cluster_.size();
  outboxes_.resize(ranks);
  peers_.resize(ranks);
  frame_bytes_ = cluster_.frame_bytes;
  if (frame_bytes_ <= sizeof(FrameHeader) + sizeof(FrameTotals) || cluster_.credits_per_peer == 0) {
    throw InternalError("frames of " + std::to_string(frame_bytes_) + " bytes and " +
                        std::to_string(cluster_.credits_per_peer) + " credits cannot carry rows");
  }
  if (ranks > 1) {
    const u64 frames = frames_of(ranks, cluster_.credits_per_peer);
    const u64 wanted = frames * frame_bytes_;
    const u64 floor = frames * std::min(frame_bytes_, kSmallestFrame);
    const double share = static_cast<double>(wanted) /
                         static_cast<double>(std::max<u64>(cluster_.budget.shared(), 1));
    lease_ = cluster_.budget.lease("exchange " + name_, std::min(share, kFramesShare), {floor});
    frame_bytes_ = std::min(
        frame_bytes_,
        std::max<std::size_t>(lease_.bytes() / frames, std::min(frame_bytes_, kSmallestFrame)));
  }
  own_rows_ = std::make_unique_for_overwrite<std::byte[]>(frame_bytes_);
  outboxes_[cluster_.rank().value] = {own_rows_.get(), own_rows_.get() + frame_bytes_, 0};
  for (u32 r = 0; r < ranks; ++r) {
    if (r == cluster_.rank().value) continue;
    peers_[r] = std::make_unique<Peer>();
    Peer& peer = *peers_[r];
    peer.rank = {r};
    // One more than data frames can be under way, for the peer's hello.
    for (u32 i = 0; i <= cluster_.credits_per_peer; ++i) post_credit(peer);
    for (u32 i = 0; i < cluster_.credits_per_peer; ++i) {
      post_data(peer, std::make_unique_for_overwrite<std::byte[]>(frame_bytes_));
    }
    send_credits(peer, kFrameHello, cluster_.credits_per_peer);
  }
  cluster_.frame_owners.push_back(this);
}

Exchange::~Exchange() {
  if (finished_) return;
  std::erase(cluster_.frame_owners, static_cast<FrameOwner*>(this));
  // A run that failed: peers may still write to these buffers.
  for (auto& [ticket, pending] : pending_) cluster_.transport.keep(std::move(pending.buffer));
}

std::string Exchange::where() const {
  return "exchange " + name_ + " on rank " + std::to_string(cluster_.rank().value);
}

template <class Ready>
void Exchange::wait_until(const std::string& what, Ready ready) {
  if (ready()) return;
  cluster_.watchdog.waiting("exchange " + name_ + ": waiting for " + what);
  using Clock = std::chrono::steady_clock;
  const auto began = Clock::now();
  auto last_moved = began;
  std::vector<Transport::Done> done;
  Backoff backoff;
  while (!ready()) {
    if (serve(cluster_, done)) {
      backoff.hit();
      last_moved = Clock::now();
      continue;
    }
    if (Clock::now() - last_moved > cluster_.wait_limit) {
      const auto limit = std::chrono::duration_cast<std::chrono::seconds>(cluster_.wait_limit);
      throw TransportError(where() + ": waited " + std::to_string(limit.count()) + " s for " +
                           what + " and nothing moved; is that rank alive, and the network up?");
    }
    backoff.miss();
  }
  stats_.seconds_waiting += std::chrono::duration<double>(Clock::now() - began).count();
  cluster_.watchdog.doing("exchange " + name_);
}

// ---- sending ----

void Exchange::fresh_buffer(Peer& peer) {
  const std::string rank = std::to_string(peer.rank.value);
  wait_until("rank " + rank + " to open it", [&] { return peer.greeted; });
  if (peer.free.empty() && peer.buffers <= cluster_.credits_per_peer) {
    peer.free.push_back(std::make_unique_for_overwrite<std::byte[]>(peer.frame_bytes));
    ++peer.buffers;
  }
  wait_until("a frame to leave for rank " + rank, [&] { return !peer.free.empty(); });
  peer.filling = std::move(peer.free.back());
  peer.free.pop_back();
  std::byte* frame = peer.filling.get();
  outboxes_[peer.rank.value] = {frame + sizeof(FrameHeader), frame + peer.frame_bytes, 0};
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
  if (to != cluster_.rank() && box.at == nullptr) fresh_buffer(*peers_[to.value]);
  return static_cast<std::size_t>(box.end - box.at) >= row_bytes + prefix_bytes_;
}

void Exchange::put_large(Rank to, std::initializer_list<Row> pieces, std::size_t row_bytes) {
  std::vector<std::byte> row;
  row.reserve(prefix_bytes_ + row_bytes);
  if (prefix_bytes_ != 0) {
    const u32 length = narrow<u32>(row_bytes);
    row.resize(sizeof length);
    std::memcpy(row.data(), &length, sizeof length);
  }
  for (const Row& piece : pieces) row.insert(row.end(), piece.begin(), piece.end());
  ++stats_.rows_put;
  stats_.bytes_put += row.size();
  if (to == cluster_.rank()) {
    ++stats_.rows_to_self;
    sink_.accept(row);
  } else {
    send_parts(*peers_[to.value], row);
  }
}

void Exchange::send_parts(Peer& peer, Row row) {
  Outbox& box = outboxes_[peer.rank.value];
  for (std::size_t at = 0; at < row.size();) {
    if (box.at == nullptr) fresh_buffer(peer);
    const std::size_t part = std::min(row.size() - at, static_cast<std::size_t>(box.end - box.at));
    std::memcpy(box.at, row.data() + at, part);
    send_frame(peer, part, at == 0 ? 1 : 0, kFramePart, row.size());
    at += part;
  }
}

void Exchange::flush(Rank to) {
  Outbox& box = outboxes_[to.value];
  if (box.rows == 0) return;
  stats_.rows_put += box.rows;
  if (to == cluster_.rank()) {
    const Row rows{own_rows_.get(), box.at};
    stats_.bytes_put += rows.size();
    stats_.rows_to_self += box.rows;
    box = {own_rows_.get(), own_rows_.get() + frame_bytes_, 0};
    sink_.accept(rows);
    cluster_.watchdog.progress();  // one rank alone serves nobody
    return;
  }
  Peer& peer = *peers_[to.value];
  const auto payload = static_cast<std::size_t>(box.at - peer.filling.get()) - sizeof(FrameHeader);
  stats_.bytes_put += payload;
  send_frame(peer, payload, box.rows, 0, 0);
}

// Sends the buffer being filled and leaves the outbox empty.
void Exchange::send_frame(Peer& peer, std::size_t payload_bytes, u64 rows, u32 flags,
                          u64 row_bytes) {
  wait_until("credit from rank " + std::to_string(peer.rank.value),
             [&] { return peer.credits > 0; });
  --peer.credits;
  ++peer.unreturned;
  FrameHeader header;
  header.channel = channel_;
  header.source = cluster_.rank().value;
  header.flags = flags;
  header.sequence = peer.next_data_out++;
  header.rows = rows;
  header.payload_bytes = payload_bytes;
  header.row_bytes = row_bytes;
  header.credits = std::exchange(peer.owed, 0);
  const std::span<std::byte> frame{peer.filling.get(), sizeof header + payload_bytes};
  seal_frame(header, frame);
  if ((flags & kFrameFinish) == 0) {
    peer.sent.rows += rows;
    peer.sent.bytes += payload_bytes;
    peer.sent.checksum += header.checksum;
  }
  const Transport::Ticket ticket = cluster_.transport.send(peer.rank, channel_, frame);
  pending_.emplace(ticket, Pending{Pending::Kind::data_out, peer.rank, std::move(peer.filling)});
  ++peer.sends_under_way;
  ++stats_.frames_sent;
  outboxes_[peer.rank.value] = {};
  std::vector<Transport::Done> done;
  serve(cluster_, done);  // others may be waiting for us
}

void Exchange::send_credits(Peer& peer, u32 flags, u32 credits) {
  FrameHeader header;
  header.channel = channel_ + 1;
  header.source = cluster_.rank().value;
  header.flags = flags;
  header.sequence = peer.next_credit_out++;
  header.row_bytes = frame_bytes_;
  header.credits = credits;
  auto buffer = std::make_unique_for_overwrite<std::byte[]>(sizeof header);
  const std::span<std::byte> frame{buffer.get(), sizeof header};
  seal_frame(header, frame);
  const Transport::Ticket ticket = cluster_.transport.send(peer.rank, channel_ + 1, frame);
  pending_.emplace(ticket, Pending{Pending::Kind::credit_out, peer.rank, std::move(buffer)});
  ++peer.sends_under_way;
  ++stats_.credit_messages_sent;
}

void Exchange::settle() {
  for (const auto& peer : peers_) {
    if (peer != nullptr && peer->owed > 0) {
      send_credits(*peer, 0, std::exchange(peer->owed, 0));
    }
  }
}

// ---- receiving ----

void Exchange::post_data(Peer& peer, std::unique_ptr<std::byte[]> buffer) {
  const Transport::Ticket ticket =
      cluster_.transport.post_receive(peer.rank, channel_, {buffer.get(), frame_bytes_});
  pending_.emplace(ticket, Pending{Pending::Kind::data_in, peer.rank, std::move(buffer)});
}

void Exchange::post_credit(Peer& peer) {
  auto buffer = std::make_unique_for_overwrite<std::byte[]>(sizeof(FrameHeader));
  const Transport::Ticket ticket =
      cluster_.transport.post_receive(peer.rank, channel_ + 1, {buffer.get(), sizeof(FrameHeader)});
  pending_.emplace(ticket, Pending{Pending::Kind::credit_in, peer.rank, std::move(buffer)});
}

bool Exchange::take(const Transport::Done& done) {
  const auto found = pending_.find(done.ticket);
  if (found == pending_.end()) return false;
  Pending pending = std::move(found->second);
  pending_.erase(found);
  Peer& peer = *peers_[pending.peer.value];
  switch (pending.kind) {
    case Pending::Kind::data_in:
      on_data(peer, {pending.buffer.get(), done.bytes});
      post_data(peer, std::move(pending.buffer));
      ++peer.owed;
      break;
    case Pending::Kind::credit_in:
      on_credits(peer, {pending.buffer.get(), done.bytes});
      post_credit(peer);
      break;
    case Pending::Kind::data_out:
      --peer.sends_under_way;
      peer.free.push_back(std::move(pending.buffer));
      break;
    case Pending::Kind::credit_out:
      --peer.sends_under_way;
      break;
  }
  return true;
}

void Exchange::on_credits(Peer& peer, std::span<const std::byte> frame) {
  const FrameHeader header =
      open_frame(frame, channel_ + 1, peer.rank, peer.next_credit_in++, where());
  if ((header.flags & kFrameHello) != 0) {
    peer.greeted = true;
    peer.frame_bytes = std::min(frame_bytes_, static_cast<std::size_t>(header.row_bytes));
  } else {
    peer.unreturned -= std::min(peer.unreturned, header.credits);
  }
  peer.credits += header.credits;
}

void Exchange::on_data(Peer& peer, std::span<const std::byte> frame) {
  const FrameHeader header = open_frame(frame, channel_, peer.rank, peer.next_data_in++, where());
  peer.credits += header.credits;
  peer.unreturned -= std::min(peer.unreturned, header.credits);
  ++stats_.frames_received;
  const Row payload = frame.subspan(sizeof header);
  if ((header.flags & kFrameFinish) != 0) {
    if (payload.size() != sizeof peer.announced) {
      throw TransportError(where() + ": rank " + std::to_string(peer.rank.value) + " ended with " +
                           std::to_string(payload.size()) + " bytes of totals");
    }
    std::memcpy(&peer.announced, payload.data(), sizeof peer.announced);
    peer.finished = true;
    check_finished(peer);
    return;
  }
  peer.received.bytes += payload.size();
  peer.received.checksum += header.checksum;
  stats_.bytes_received += payload.size();
  if ((header.flags & kFramePart) != 0) {
    accept_part(peer, payload, header.row_bytes);
  } else {
    accept_rows(peer, payload, header.rows);
  }
}

void Exchange::accept_rows(Peer& peer, Row payload, u64 rows) {
  u64 counted = 0;
  if (fixed_row_bytes_ != 0) {
    counted = payload.size() % fixed_row_bytes_ == 0 ? payload.size() / fixed_row_bytes_ : 0;
  } else {
    std::size_t at = 0;
    while (payload.size() - at >= sizeof(u32)) {
      u32 length = 0;
      std::memcpy(&length, payload.data() + at, sizeof length);
      if (payload.size() - at - sizeof length < length) break;
      at += sizeof length + length;
      ++counted;
    }
    if (at != payload.size()) counted = 0;
  }
  if (counted == 0 || counted != rows) {
    throw TransportError(where() + ": a frame from rank " + std::to_string(peer.rank.value) +
                         " says " + std::to_string(rows) + " rows, its " +
                         std::to_string(payload.size()) + " bytes hold " + std::to_string(counted));
  }
  peer.received.rows += counted;
  stats_.rows_received += counted;
  sink_.accept(payload);
}

void Exchange::accept_part(Peer& peer, Row payload, u64 row_bytes) {
  if (peer.partial.empty()) peer.partial.reserve(row_bytes);
  if (peer.partial.size() + payload.size() > row_bytes) {
    throw TransportError(where() + ": the parts of a row from rank " +
                         std::to_string(peer.rank.value) + " exceed its " +
                         std::to_string(row_bytes) + " bytes");
  }
  peer.partial.insert(peer.partial.end(), payload.begin(), payload.end());
  if (peer.partial.size() < row_bytes) return;
  const std::vector<std::byte> row = std::move(peer.partial);
  release(peer.partial);
  accept_rows(peer, row, 1);
}

// ---- closing ----

void Exchange::check_finished(const Peer& peer) const {
  if (peer.announced == peer.received && peer.partial.empty()) return;
  throw TransportError("exchange " + name_ + ": rank " + std::to_string(peer.rank.value) +
                       " sent rank " + std::to_string(cluster_.rank().value) + " " +
                       peer.announced.text() + "; " + peer.received.text() + " arrived");
}

// Nothing is under way between us and this peer, in either direction.
bool Exchange::quiet(const Peer& peer) const {
  return peer.finished && peer.unreturned == 0 && peer.owed == 0 && peer.sends_under_way == 0;
}

void Exchange::finish() {
  if (finished_) throw InternalError("exchange " + name_ + " was finished twice");
  for (u32 r = 0; r < cluster_.size(); ++r) flush({r});
  for (const auto& peer : peers_) {
    if (peer == nullptr) continue;
    Outbox& box = outboxes_[peer->rank.value];
    if (box.at == nullptr) fresh_buffer(*peer);
    std::memcpy(box.at, &peer->sent, sizeof peer->sent);
    send_frame(*peer, sizeof peer->sent, 0, kFrameFinish, 0);
  }
  for (const auto& peer : peers_) {
    if (peer == nullptr) continue;
    wait_until("the end of rank " + std::to_string(peer->rank.value), [&] { return quiet(*peer); });
  }
  // Whatever is still posted, nothing will come for.
  for (const auto& [ticket, pending] : pending_) cluster_.transport.cancel(ticket);
  pending_.clear();
  peers_.clear();
  outboxes_.assign(outboxes_.size(), {});
  own_rows_.reset();
  lease_ = {};
  cluster_.bytes_exchanged += stats_.bytes_put;
  cluster_.spans.add({"exchange",
                      name_,
                      opened_,
                      Span::Clock::now(),
                      {{"rows_put", stats_.rows_put},
                       {"bytes_put", stats_.bytes_put},
                       {"frames_sent", stats_.frames_sent},
                       {"microseconds_waiting", static_cast<u64>(stats_.seconds_waiting * 1e6)}}});
  finished_ = true;
  std::erase(cluster_.frame_owners, static_cast<FrameOwner*>(this));
}

}  // namespace shardmill
