// engine_work WORK [--bytes N] [--row-bytes N] [--hot-percent N] [--zipf 0|1] [--file PATH]
//                  [--memory N] [--scratch DIR]
#include <cstdio>
#include <cstring>
#include <string>

#include "bench/engine_work/work.hpp"
#include "cluster/peak_memory.hpp"
#include "cluster/runtime.hpp"

namespace shardmill::bench {
namespace {

using Work = Numbers (*)(Cluster&, const Wishes&);
constexpr std::pair<const char*, Work> kWorks[] = {{"pair", pair},
                                                   {"exchange", exchange},
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
               "[--zipf 0|1] [--file PATH] [--memory N] [--scratch DIR]\nworks:");
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
    } else {
      return bench::usage();
    }
  }
  return Runtime::run(options, [&](Cluster& cluster, const Topology&) {
    return bench::run(work, wishes, cluster);
  });
}
