// Opening, waiting and closing; exchange_send.cpp and exchange_receive.cpp are what lies between.
#include "engine/exchange/exchange.hpp"

#include <algorithm>

#include "engine/exchange/exchange_wait.hpp"
#include "engine/exchange/frame_plan.hpp"

namespace shardmill {
namespace {

std::string place(const std::string& name, Rank rank) {
  return "exchange " + name + " on rank " + std::to_string(rank.value);
}

FrameNeeds needs_of(const Router& router, u32 ranks, u32 credits) {
  return FrameNeeds::of(router.neighbours().size(), router.forwards() ? ranks : 0, credits);
}

}  // namespace

u64 Exchange::smallest_memory(const Cluster& cluster) {
  const Router router(cluster.route, cluster.node_of, cluster.size(), cluster.rank());
  return needs_of(router, cluster.size(), cluster.credits_per_peer).bytes(kSmallestFrame);
}

u64 Exchange::smallest_memory(u32 ranks) {
  return FrameNeeds::of_direct(ranks, Cluster::kCreditsPerPeer).bytes(kSmallestFrame);
}

Exchange::Exchange(Cluster& cluster, std::string name, std::size_t fixed_row_bytes, RowSink& sink)
    : cluster_(cluster),
      name_(std::move(name)),
      fixed_row_bytes_(fixed_row_bytes),
      prefix_bytes_(fixed_row_bytes == 0 ? sizeof(u32) : 0),
      sink_(sink),
      router_(cluster.route, cluster.node_of, cluster.size(), cluster.rank()),
      wire_{cluster.transport,          place(name_, cluster.rank()), cluster.rank(),
            2 * cluster.next_channel++, cluster.frame_bytes,          cluster.credits_per_peer},
      outboxes_(cluster.size()),
      links_(cluster.size()),
      put_(cluster.size()),
      inbox_(cluster, name_, wire_.where, fixed_row_bytes, sink) {
  traffic_.name = name_;
  lease_frames();
  own_rows_ = std::make_unique_for_overwrite<std::byte[]>(wire_.frame_bytes);
  outboxes_[cluster_.rank().value] = {own_rows_.get(), own_rows_.get() + wire_.frame_bytes, 0};
  open_links();
  cluster_.frame_owners.push_back(this);
}

void Exchange::lease_frames() {
  constexpr std::size_t kLeast = 128;  // headers, and the totals or a slot of rows
  if (wire_.frame_bytes < kLeast || wire_.credits == 0) {
    throw InternalError("frames of " + std::to_string(wire_.frame_bytes) + " bytes and " +
                        std::to_string(wire_.credits) + " credits cannot carry rows");
  }
  const u32 ranks = cluster_.size();
  wire_.frame_bytes =
      std::min(wire_.frame_bytes, FrameNeeds::cached_frame(router_.neighbours().size()));
  const FrameNeeds needs = needs_of(router_, ranks, wire_.credits);
  const u64 floor = needs.bytes(std::min(wire_.frame_bytes, kSmallestFrame));
  const double share = static_cast<double>(needs.bytes(wire_.frame_bytes)) /
                       static_cast<double>(std::max<u64>(cluster_.budget.shared(), 1));
  lease_ = cluster_.budget.lease("exchange " + name_, std::min(share, kFramesShare), {floor});
  wire_.frame_bytes = needs.largest_frame(lease_.bytes(), wire_.frame_bytes);
  if (!router_.forwards()) return;
  slot_bytes_ = FrameNeeds::slot_bytes(wire_.frame_bytes);
  slots_ = std::make_unique_for_overwrite<std::byte[]>(ranks * slot_bytes_);
  for (u32 r = 0; r < ranks; ++r) {
    if (r != cluster_.rank().value) outboxes_[r] = {slot({r}), slot({r}) + slot_bytes_, 0};
  }
}

void Exchange::open_links() {
  for (const Rank peer : router_.neighbours()) {
    links_[peer.value] = std::make_unique<Link>(wire_, peer);
    if (router_.is_last_hop(peer)) links_[peer.value]->greet(wire_.frame_bytes);
  }
  greet_when_ready();
}

Exchange::~Exchange() {
  if (finished_) return;
  std::erase(cluster_.frame_owners, static_cast<FrameOwner*>(this));
  // A run that failed: peers may still write to these buffers.
  for (auto& [ticket, pending] : wire_.pending) cluster_.transport.keep(std::move(pending.buffer));
}

// ---- waiting ----

bool Exchange::serve() {
  done_.clear();
  cluster_.transport.poll(done_);
  for (const Transport::Done& one : done_) {
    const bool taken = std::any_of(cluster_.frame_owners.begin(), cluster_.frame_owners.end(),
                                   [&](FrameOwner* owner) { return owner->take(one); });
    if (!taken) {
      throw InternalError("the transport finished ticket " + std::to_string(one.ticket) +
                          ", which no open exchange has");
    }
  }
  for (FrameOwner* owner : cluster_.frame_owners) owner->settle();
  if (!done_.empty()) cluster_.watchdog.progress();
  return !done_.empty();
}

// ---- closing ----

void Exchange::finish_links(bool last_hop) {
  for (const Rank peer : router_.neighbours()) {
    if (router_.is_last_hop(peer) != last_hop) continue;
    Link& link = *links_[peer.value];
    wait_for(link, [&] { return link.try_finish(); });
  }
}

void Exchange::finish() {
  if (finished_) throw InternalError("exchange " + name_ + " was finished twice");
  const u32 ranks = cluster_.size();
  for (u32 r = 0; r < ranks; ++r) flush({r});
  for (u32 r = 0; r < ranks; ++r) {
    if (r == cluster_.rank().value) continue;
    PacketHeader header{.origin = cluster_.rank().value, .destination = r, .flags = kPacketTotals};
    header.bytes = sizeof(Totals);
    const Row totals = std::as_bytes(std::span(&put_[r], 1));
    send_packet(header, {&totals, 1}, 0);
  }
  // First the hops that forward: only when nothing more can come over them is it known that
  // nothing more goes over the last.
  finishing_ = true;
  finish_links(false);
  for (const Rank peer : router_.neighbours()) {
    if (router_.is_last_hop(peer)) continue;
    const Link& link = *links_[peer.value];
    wait_until("rows to pass on from rank " + std::to_string(peer.value),
               [&] { return link.is_drained(); });
  }
  finish_links(true);
  for (const Rank peer : router_.neighbours()) {
    const Link& link = *links_[peer.value];
    wait_until("the end of rank " + std::to_string(peer.value), [&] { return link.is_quiet(); });
  }
  inbox_.check_complete();
  // Whatever is still posted, nothing will come for.
  for (const auto& [ticket, pending] : wire_.pending) cluster_.transport.cancel(ticket);
  wire_.pending.clear();
  record_traffic();
  links_.clear();
  outboxes_.assign(outboxes_.size(), {});
  own_rows_.reset();
  slots_.reset();
  lease_ = {};
  finished_ = true;
  std::erase(cluster_.frame_owners, static_cast<FrameOwner*>(this));
}

void Exchange::record_traffic() {
  traffic_.exchanges = 1;
  traffic_.to.resize(cluster_.size());
  traffic_.buffer_bytes = wire_.frame_bytes + cluster_.size() * slot_bytes_;
  for (u32 r = 0; r < cluster_.size(); ++r) {
    Traffic::To& to = traffic_.to[r];
    to.rows = put_[r].rows;
    to.bytes = put_[r].bytes;
    if (links_[r] == nullptr) continue;
    to.frames = links_[r]->frames_sent;
    to.frame_bytes = links_[r]->bytes_sent;
    to.credit_frames = links_[r]->credit_frames_sent;
    traffic_.buffer_bytes += links_[r]->buffer_bytes();
    to.waits = links_[r]->waits;
    to.seconds_waiting = links_[r]->seconds_waiting;
  }
  traffic_.rows_received = inbox_.rows();
  traffic_.bytes_received = inbox_.bytes();
  traffic_.spilled_bytes = inbox_.spilled_bytes();
  cluster_.bytes_exchanged += traffic_.bytes_put();
  add_traffic(cluster_.traffic, traffic_);
  cluster_.spans.add(
      {"exchange",
       name_,
       opened_,
       Span::Clock::now(),
       {{"rows_put", traffic_.rows_put()},
        {"bytes_put", traffic_.bytes_put()},
        {"bytes_received", traffic_.bytes_received},
        {"microseconds_waiting", static_cast<u64>(traffic_.seconds_waiting * 1e6)}}});
}

}  // namespace shardmill
