// What a collective function is handed: this rank's view of the machines.
#pragma once

#include <chrono>
#include <vector>

#include "cluster/backoff.hpp"
#include "cluster/budget.hpp"
#include "cluster/communicator.hpp"
#include "cluster/scratch_space.hpp"
#include "cluster/spans.hpp"
#include "cluster/traffic.hpp"
#include "cluster/transport.hpp"
#include "cluster/types.hpp"

namespace shardmill {

class Watchdog;  // cluster/watchdog.hpp
class StopFlag;  // cluster/signals.hpp

// Which way rows take from rank to rank (engine/exchange/route.hpp).
enum class Route { direct, two_hop };

struct Cluster {
  Communicator& control;
  Transport& transport;
  Budget& budget;
  Watchdog& watchdog;        // tell it about progress; it ends a run that makes none
  const StopFlag& stop;      // set by USR1, USR2, TERM, INT, HUP
  ScratchSpace scratch;      // where records go that outgrow their lease
  u64 force_spill_rows = 0;  // > 0: records spill after so many rows (SHARDMILL_FORCE_SPILL)
  // > 0: steps that commit within themselves do so after so many pairs (SHARDMILL_FORCE_ROUNDS)
  u64 force_round_pairs = 0;
  u32 next_channel = 1;     // exchanges count up in the same order on every rank
  Spans spans = {};         // of what is worth a place in a timeline
  u64 bytes_exchanged = 0;  // put into finished exchanges here, rows to oneself included
  // How exchanges use the network; the same on every rank. Tests use 512 bytes and one credit.
  std::size_t frame_bytes = kFrameBytes;  // largest frame, its header included
  // With two, the exchange of bench/engine took a fifth longer.
  static constexpr u32 kCreditsPerPeer = 3;
  u32 credits_per_peer = kCreditsPerPeer;  // receives posted per neighbour and exchange
  Route route = Route::direct;
  std::vector<u32> node_of = {};          // of each rank, from 0; empty: all on one
  u32 free_polls = Backoff::kFreeMisses;  // without a find, before a waiting exchange sleeps
  std::chrono::milliseconds wait_limit = std::chrono::hours(1);  // a wait where nothing moves
  std::vector<FrameOwner*> frame_owners = {};                    // exchanges now open on this rank
  std::vector<Traffic> traffic = {};  // of finished exchanges, in the order of their first end

  [[nodiscard]] Rank rank() const { return control.rank(); }
  [[nodiscard]] u32 size() const { return control.size(); }
};

}  // namespace shardmill
