#include <cstring>
#include <set>

#include "bench/engine_work/work.hpp"
#include "engine/exchange/exchange.hpp"
#include "engine/exchange/frame.hpp"
#include "engine/exchange/partition.hpp"
#include "engine/hash/hash.hpp"

namespace shardmill::bench {
namespace {

class Nowhere final : public RowSink {
 public:
  void accept(std::span<const std::byte>) override {}
};

// Of one rank, without what it sends itself. What crosses nodes is counted apart.
struct Counts {
  u64 frames[2] = {};  // that stay on the node; that leave it
  u64 bytes[2] = {};   // of these and of the credits
  u64 credits[2] = {};
};

Counts counts_of(const Traffic& traffic, const Cluster& cluster) {
  Counts counts;
  for (u32 r = 0; r < cluster.size(); ++r) {
    const Traffic::To& to = traffic.to[r];
    const bool leaves = cluster.node_of[r] != cluster.node_of[cluster.rank().value];
    counts.frames[leaves] += to.frames;
    counts.bytes[leaves] += to.frame_bytes + to.credit_frames * sizeof(FrameHeader);
    counts.credits[leaves] += to.credit_frames;
  }
  return counts;
}

// Of all ranks: NAME, their mean, and NAME_least and NAME_most.
void add(Numbers& numbers, Communicator& control, const std::string& name, u64 mine) {
  numbers[name] = static_cast<double>(control.all_sum(mine)) / control.size();
  numbers[name + "_least"] = static_cast<double>(~control.all_max(~mine));
  numbers[name + "_most"] = static_cast<double>(control.all_max(mine));
}

}  // namespace

Numbers counts(Cluster& cluster, const Wishes& wishes) {
  Nowhere nowhere;
  Exchange exchange(cluster, "counts", wishes.row_bytes, nowhere);
  std::vector<std::byte> row(wishes.row_bytes);
  u64 seed = u64{cluster.rank().value} << 40;
  for (u64 done = 0; done + row.size() <= wishes.bytes; done += row.size()) {
    const u64 key = mix64(++seed);
    std::memcpy(row.data(), &key, std::min(row.size(), sizeof key));
    exchange.put(owner_of(mix64(key), cluster.size()), row);
  }
  exchange.finish();

  const Counts mine = counts_of(exchange.traffic(), cluster);
  Numbers numbers;
  numbers["two_hop"] = cluster.route == Route::two_hop ? 1 : 0;
  for (const bool leaves : {false, true}) {
    const std::string where = leaves ? "network" : "node";
    add(numbers, cluster.control, where + "_frames", mine.frames[leaves]);
    add(numbers, cluster.control, where + "_bytes", mine.bytes[leaves]);
    add(numbers, cluster.control, where + "_credits", mine.credits[leaves]);
  }
  add(numbers, cluster.control, "leased_bytes",
      cluster.budget.largest_leases().at("exchange counts"));
  add(numbers, cluster.control, "buffer_bytes", exchange.traffic().buffer_bytes);

  std::vector<u64> cards(std::set(cluster.node_of.begin(), cluster.node_of.end()).size());
  cards[cluster.node_of[cluster.rank().value]] = mine.bytes[1];
  u64 busiest = 0;
  for (const u64 card : cluster.control.all_sum(cards)) busiest = std::max(busiest, card);
  numbers["card_bytes_most"] = static_cast<double>(busiest);
  return numbers;
}

}  // namespace shardmill::bench
