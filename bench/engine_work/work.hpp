// The works that bench/engine measures: each runs on all ranks and prints one JSON object on rank
// 0.
#pragma once

#include <chrono>
#include <compare>
#include <map>
#include <string>

#include "cluster/cluster.hpp"

namespace shardmill::bench {

struct Wishes {
  u64 bytes = u64{512} << 20;  // per rank
  u64 row_bytes = 128;
  u64 hot_percent = 0;  // of rows with one key
  bool zipf = false;    // keys of tables by Zipf, or all as often
  std::string file;     // of words; of tables, how the names of their files begin
};

// A record of most works.
struct KeyValue {
  u64 key = 0;
  u64 value = 0;
  auto operator<=>(const KeyValue&) const = default;
  [[nodiscard]] u64 leading() const { return key; }
  [[nodiscard]] u64 following() const { return value; }
};

using Numbers = std::map<std::string, double>;  // "seconds", "sort_seconds", …

// Seconds on the slowest rank, from a barrier to the end of `work` everywhere.
template <class Work>
double timed(Cluster& cluster, Work&& work) {
  cluster.control.barrier();
  const auto begin = std::chrono::steady_clock::now();
  work();
  const std::chrono::duration<double> mine = std::chrono::steady_clock::now() - begin;
  return static_cast<double>(cluster.control.all_max(static_cast<u64>(mine.count() * 1e9))) / 1e9;
}

// Frames of 256 KiB to and from the next rank at once: the raw speed of a pair.
Numbers pair(Cluster& cluster, const Wishes& wishes);
// Rows of row_bytes to the owners of their keys, and what the parts of that cost one by one.
Numbers exchange(Cluster& cluster, const Wishes& wishes);
// The same rows, counted instead of timed: what bench/scale holds its model against.
Numbers counts(Cluster& cluster, const Wishes& wishes);
// 16-byte records in memory, by std::sort and as Records sort them; one rank.
Numbers sort_memory(Cluster& cluster, const Wishes& wishes);
// 128-byte rows, sorted over all ranks beyond memory, and the same bytes written and read with
// direct I/O.
Numbers sort_disk(Cluster& cluster, const Wishes& wishes);
// 16-byte records by key, hot_percent of them with one.
Numbers group(Cluster& cluster, const Wishes& wishes);
// 100-byte records with keys of 10 bytes: by std::sort on one rank, over all ranks as `sort` does.
Numbers plain_sort(Cluster& cluster, const Wishes& wishes);
Numbers sort_100(Cluster& cluster, const Wishes& wishes);

// Writes a text of so many bytes; counts its words by a hash map on one rank, on all ranks.
Numbers make_words(Cluster& cluster, const Wishes& wishes);
Numbers plain_words(Cluster& cluster, const Wishes& wishes);
Numbers words(Cluster& cluster, const Wishes& wishes);

// Writes two tables, of bytes / 16 rows and of a tenth; what a query engine does with them.
Numbers make_tables(Cluster& cluster, const Wishes& wishes);
Numbers reduce_table(Cluster& cluster, const Wishes& wishes);
Numbers group_table(Cluster& cluster, const Wishes& wishes);
Numbers join_tables(Cluster& cluster, const Wishes& wishes);

}  // namespace shardmill::bench
