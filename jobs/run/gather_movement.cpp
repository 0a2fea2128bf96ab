#include "jobs/run/gather_movement.hpp"

#include <algorithm>
#include <map>

#include "engine/batch/wire.hpp"

namespace shardmill {
namespace {

std::string counters_of(const Cluster& cluster) {
  std::string bytes;
  WireWriter out(bytes);
  out.number(cluster.traffic.size());
  for (const Traffic& traffic : cluster.traffic) {
    out.text(traffic.name);
    out.number(traffic.exchanges);
    out.number(static_cast<u64>(traffic.seconds_waiting * 1e9));
    for (u32 r = 0; r < cluster.size(); ++r) {
      const Traffic::To to = r < traffic.to.size() ? traffic.to[r] : Traffic::To{};
      for (const u64 number : {to.rows, to.bytes, to.frames, to.waits}) out.number(number);
    }
  }
  for (const auto& [name, largest] : cluster.budget.largest_leases()) {
    out.text(name);
    out.number(largest);
  }
  return bytes;
}

}  // namespace

Movement gather_movement(Cluster& cluster) {
  const u32 ranks = cluster.size();
  Movement movement;
  if (ranks <= Movement::kMostRanks) movement.matrix.assign(ranks, std::vector<u64>(ranks));
  std::vector<std::vector<u64>> received;  // by exchange and rank
  std::map<std::string, u64> leases;
  const std::vector<std::string> all = cluster.control.all_gather(counters_of(cluster));
  for (u32 from = 0; from < ranks; ++from) {
    WireReader in(all[from], "a rank's counters");
    const u64 exchanges = in.number();
    movement.exchanges.resize(exchanges);  // exchanges are collective: all ranks have the same
    received.resize(exchanges, std::vector<u64>(ranks));
    for (u64 e = 0; e < exchanges; ++e) {
      ExchangeReport& report = movement.exchanges[e];
      report.name = in.text();
      report.exchanges = in.number();
      report.seconds_waiting =
          std::max(report.seconds_waiting, static_cast<double>(in.number()) / 1e9);
      for (u32 to = 0; to < ranks; ++to) {
        report.rows += in.number();
        const u64 bytes = in.number();
        report.bytes += bytes;
        if (to != from) report.bytes_between += bytes;
        received[e][to] += bytes;
        if (!movement.matrix.empty()) movement.matrix[from][to] += bytes;
        report.frames += in.number();
        report.waits += in.number();
      }
    }
    while (!in.done()) {
      u64& largest = leases[std::string(in.text())];
      largest = std::max(largest, in.number());
    }
  }
  for (std::size_t e = 0; e < received.size(); ++e) {
    movement.exchanges[e].most_received = *std::max_element(received[e].begin(), received[e].end());
  }
  movement.leases.assign(leases.begin(), leases.end());
  return movement;
}

}  // namespace shardmill
