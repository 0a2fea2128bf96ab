// engine_work WORK [--bytes N] [--row-bytes N] [--hot-percent N] [--zipf 0|1] [--file PATH]
//                  [--memory N] [--scratch DIR] [--ranks-per-node N] [--route
//                  direct|two-hop|automatic]
#include <cstdio>
#include <cstring>
#include <string>

#include "bench/engine_work/work.hpp"
#include "cluster/peak_memory.hpp"
#include "cluster/runtime.hpp"
#include "engine/exchange/route.hpp"

namespace shardmill::bench {
namespace {

using Work = Numbers (*)(Cluster&, const Wishes&);
constexpr std::pair<const char*, Work> kWorks[] = {{"pair", pair},
                                                   {"exchange", exchange},
                                                   {"counts", counts},
                                                   {"sort_memory", sort_memory},
                                                   {"sort_disk", sort_disk},
                                                   {"group", group},
                                                   {"plain_sort", plain_sort},
                                                   {"sort_100", sort_100},
                                                   {"make_words", make_words},
                                                   {"plain_words", plain_words},
                                                   {"words", words},
                                                   {"make_tables", make_tables},
                                                   {"reduce_table", reduce_table},
                                                   {"group_table", group_table},
                                                   {"join_tables", join_tables}};

int run(Work work, const Wishes& wishes, Cluster& cluster) {
  const u64 before = resident_memory().value;
  Numbers numbers = work(cluster, wishes);
  const u64 peak = cluster.control.all_max(peak_memory().value - before);
  if (!cluster.control.is_root()) return 0;
  numbers["peak_bytes"] = static_cast<double>(peak);
  numbers["budget_bytes"] = static_cast<double>(cluster.budget.total());
  std::string json = "{";
  for (const auto& [name, number] : numbers) {
    char text[64];
    std::snprintf(text, sizeof text, "%s\"%s\": %.9g", json.size() > 1 ? ", " : "", name.c_str(),
                  number);
    json += text;
  }
  std::printf("%s}\n", json.c_str());
  return 0;
}

int usage() {
  std::fprintf(stderr,
               "usage: engine_work WORK [--bytes N] [--row-bytes N] [--hot-percent N] "
               "[--zipf 0|1] [--file PATH] [--memory N] [--scratch DIR] [--ranks-per-node N] "
               "[--route direct|two-hop|automatic]\nworks:");
  for (const auto& [name, work] : kWorks) std::fprintf(stderr, " %s", name);
  std::fprintf(stderr, "\n");
  return 2;
}

}  // namespace
}  // namespace shardmill::bench

int main(int argc, char** argv) {
  using namespace shardmill;
  bench::Wishes wishes;
  RuntimeOptions options;
  options.memory = {u64{1} << 30};
  bench::Work work = nullptr;
  RouteWish route = RouteWish::automatic;
  u32 ranks_per_node = 0;
  for (const auto& [name, known] : bench::kWorks) {
    if (argc > 1 && std::strcmp(argv[1], name) == 0) work = known;
  }
  if (work == nullptr || argc % 2 != 0) return bench::usage();
  for (int i = 2; i + 1 < argc; i += 2) {
    const std::string option = argv[i];
    if (option == "--scratch") {
      options.scratch = argv[i + 1];
      continue;
    }
    if (option == "--file") {
      wishes.file = argv[i + 1];
      continue;
    }
    if (option == "--route") {
      const std::string wish = argv[i + 1];
      if (wish != "direct" && wish != "two-hop" && wish != "automatic") return bench::usage();
      route = wish == "direct"    ? RouteWish::direct
              : wish == "two-hop" ? RouteWish::two_hop
                                  : RouteWish::automatic;
      continue;
    }
    const u64 number = std::strtoull(argv[i + 1], nullptr, 10);
    if (option == "--bytes") {
      wishes.bytes = number;
    } else if (option == "--row-bytes") {
      wishes.row_bytes = number;
    } else if (option == "--hot-percent") {
      wishes.hot_percent = number;
    } else if (option == "--zipf") {
      wishes.zipf = number != 0;
    } else if (option == "--memory") {
      options.memory = {number};
    } else if (option == "--ranks-per-node") {
      ranks_per_node = narrow<u32>(number);
    } else {
      return bench::usage();
    }
  }
  return Runtime::run(options, [&](Cluster& cluster, const Topology& topology) {
    const std::string warning = take_route(
        cluster, route,
        ranks_per_node > 0 ? simulated_nodes(cluster.size(), ranks_per_node) : topology.node_of);
    if (!warning.empty() && route == RouteWish::two_hop) throw ConfigError(warning);
    return bench::run(work, wishes, cluster);
  });
}
