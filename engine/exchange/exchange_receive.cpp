// From a frame that arrives to the sink, or to the next hop. Nothing here waits.
#include <algorithm>
#include <utility>

#include "engine/exchange/exchange.hpp"

namespace shardmill {

bool Exchange::take(const Transport::Done& done) {
  const auto found = wire_.pending.find(done.ticket);
  if (found == wire_.pending.end()) return false;
  Wire::Pending pending = std::move(found->second);
  wire_.pending.erase(found);
  Link& link = *pending.link;
  link.take(std::move(pending), done.bytes);
  consume(link);
  return true;
}

// Costs as much as there is to do, not as there are neighbours: it comes after every poll.
void Exchange::settle() {
  greet_when_ready();
  for (Link* link : std::exchange(wire_.unsettled, {})) {
    consume(*link);
    link->settle();
  }
  if (!finishing_ || !router_.forwards()) return;
  // Nothing will be put that could fill these frames, so they do not wait to be full.
  for (const Rank peer : router_.neighbours()) {
    if (router_.is_last_hop(peer)) static_cast<void>(links_[peer.value]->try_flush());
  }
}

// Frames to be forwarded must fit into those of the last hop, whose size depends on other ranks'
// memory: who forwards asks for frames only once it knows.
void Exchange::greet_when_ready() {
  if (greeted_forwarders_) return;
  std::size_t frame_bytes = wire_.frame_bytes;
  for (const Rank peer : router_.neighbours()) {
    if (!router_.is_last_hop(peer)) continue;
    if (!links_[peer.value]->is_greeted()) return;
    frame_bytes = std::min(frame_bytes, links_[peer.value]->frame_bytes());
  }
  greeted_forwarders_ = true;
  for (const Rank peer : router_.neighbours()) {
    if (!router_.is_last_hop(peer)) links_[peer.value]->greet(frame_bytes);
  }
}

// As many of the frames that have arrived as can be consumed now, in order.
void Exchange::consume(Link& link) {
  while (Link::Arrived* frame = link.front()) {
    while (!frame->rest.empty()) {
      const Packet packet = open_packet(frame->rest, link.peer(), wire_.where);
      const Row encoded = frame->rest.first(packet.bytes());
      if (packet.header.destination == cluster_.rank().value) {
        inbox_.accept(packet);
      } else if (!forward(link, packet, encoded)) {
        return;
      }
      frame->rest = frame->rest.subspan(encoded.size());
    }
    link.pop_front();
  }
}

// Copies the packet as it is into the frame that goes to its destination; false when there is no
// room in it now.
bool Exchange::forward(const Link& from, const Packet& packet, Row encoded) {
  const Rank to{packet.header.destination};
  const bool is_ours = !router_.is_last_hop(from.peer()) && to.value < links_.size() &&
                       links_[to.value] != nullptr && router_.is_last_hop(to);
  if (!is_ours) {
    throw TransportError(wire_.where + ": a packet from rank " + std::to_string(from.peer().value) +
                         " is for rank " + std::to_string(to.value) +
                         ", and the way there is not through here");
  }
  Link& link = *links_[to.value];
  const std::span<std::byte> room = link.try_room(encoded.size());
  if (room.empty()) return false;
  std::memcpy(room.data(), encoded.data(), encoded.size());
  link.commit(encoded.size());
  traffic_.bytes_forwarded += encoded.size();
  return true;
}

}  // namespace shardmill
