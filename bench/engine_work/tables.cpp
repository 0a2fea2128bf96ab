// Two tables on disk, a file for each column of u64 (FILE.left_key, …), reduced, grouped and
// joined.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <vector>

#include "bench/engine_work/work.hpp"
#include "engine/algorithm/join.hpp"
#include "engine/algorithm/reduce_by_key.hpp"

namespace shardmill::bench {
namespace {

constexpr std::size_t kBlock = std::size_t{1} << 16;  // values read at once

struct Total {
  u64 key = 0;
  u64 count = 0;
  u64 sum = 0;
  u64 smallest = 0;
  auto operator<=>(const Total&) const = default;
};
struct KeyOf {
  u64 operator()(const auto& record) const { return record.key; }
};
struct Add {
  void operator()(Total& into, const Total& other) const {
    into.count += other.count;
    into.sum += other.sum;
    into.smallest = std::min(into.smallest, other.smallest);
  }
};

class ColumnWriter {
 public:
  explicit ColumnWriter(const std::string& path) : out_(path, std::ios::binary) {}
  void add(u64 value) {
    values_.push_back(value);
    if (values_.size() == kBlock) flush();
  }
  ~ColumnWriter() { flush(); }

 private:
  void flush() {
    out_.write(reinterpret_cast<const char*>(values_.data()),
               static_cast<std::streamsize>(values_.size() * sizeof(u64)));
    values_.clear();
  }
  std::ofstream out_;
  std::vector<u64> values_;
};

// f(KeyValue) for this rank's share of a table.
template <class F>
void for_each_pair(const Cluster& cluster, const std::string& table, F&& f) {
  std::array<int, 2> files{};
  const std::array<std::string, 2> paths = {table + "_key", table + "_value"};
  for (std::size_t i = 0; i < 2; ++i) {
    files[i] = ::open(paths[i].c_str(), O_RDONLY | O_CLOEXEC);
    if (files[i] < 0) throw ResourceError(paths[i] + ": cannot be opened");
  }
  const u64 rows = std::filesystem::file_size(paths[0]) / sizeof(u64);
  const u64 end = rows * (cluster.rank().value + 1) / cluster.size();
  std::array<std::vector<u64>, 2> columns = {std::vector<u64>(kBlock), std::vector<u64>(kBlock)};
  for (u64 at = rows * cluster.rank().value / cluster.size(); at < end;) {
    const u64 n = std::min<u64>(kBlock, end - at);
    for (std::size_t i = 0; i < 2; ++i) {
      const ssize_t got = ::pread(files[i], columns[i].data(), n * sizeof(u64),
                                  static_cast<off_t>(at * sizeof(u64)));
      if (got != static_cast<ssize_t>(n * sizeof(u64))) {
        throw ResourceError(paths[i] + ": cannot be read");
      }
    }
    for (u64 i = 0; i < n; ++i) f(KeyValue{columns[0][i], columns[1][i]});
    at += n;
  }
  for (const int file : files) ::close(file);
}

Records<KeyValue> records_of(Cluster& cluster, const std::string& table, const std::string& name) {
  Records<KeyValue> records(cluster, name, cluster.budget.lease(name, 0.25, {u64{1} << 20}));
  for_each_pair(cluster, table, [&](const KeyValue& pair) { records.push(pair); });
  return records;
}

Numbers result(Cluster& cluster, double seconds, u64 rows, u64 sum) {
  return {{"seconds", seconds},
          {"rows", static_cast<double>(cluster.control.all_sum(rows))},
          {"sum", static_cast<double>(cluster.control.all_sum(sum))}};
}

}  // namespace

// The right table has each key once, a tenth as many as the left has rows, in no order. Of the left
// rows each key has as many, or by Zipf the n-th one a share of n^-1.2.
Numbers make_tables(Cluster&, const Wishes& wishes) {
  const u64 rows = wishes.bytes / sizeof(KeyValue);
  const u64 keys = rows / 10;
  {
    ColumnWriter left_key(wishes.file + ".left_key");
    ColumnWriter left_value(wishes.file + ".left_value");
    const double tail = std::pow(static_cast<double>(keys), -0.2) - 1;
    for (u64 i = 1; i <= rows; ++i) {
      const u64 random = mix64(i);
      const double uniform = static_cast<double>(random >> 11) * 0x1p-53;
      u64 n = wishes.zipf ? static_cast<u64>(std::pow(1 + tail * uniform, -5)) - 1 : random % keys;
      if ((random >> 40) % 100 < wishes.hot_percent) n = 0;
      left_key.add(mix64(std::min(n, keys - 1)));
      left_value.add(mix64(random) >> 40);
    }
  }
  ColumnWriter right_key(wishes.file + ".right_key");
  ColumnWriter right_value(wishes.file + ".right_value");
  for (u64 n = 0; n < keys; ++n) {
    right_key.add(mix64(n));
    right_value.add(mix64(n + keys) >> 40);
  }
  return {};
}

// select key, count(*), sum(value), min(value) from left group by key
Numbers reduce_table(Cluster& cluster, const Wishes& wishes) {
  u64 rows = 0;
  u64 sum = 0;
  const double seconds = timed(cluster, [&] {
    Reducer<Total, KeyOf, Add> reducer(cluster, "reduce", {}, {});
    for_each_pair(cluster, wishes.file + ".left", [&](const KeyValue& pair) {
      reducer.put({pair.key, 1, pair.value, pair.value});
    });
    reducer.finish().for_each([&](const Total& total) {
      ++rows;
      sum += total.count + total.sum + total.smallest;
    });
  });
  return result(cluster, seconds, rows, sum);
}

// select key, quantile_disc(value, 0.5) from left group by key
Numbers group_table(Cluster& cluster, const Wishes& wishes) {
  u64 rows = 0;
  u64 sum = 0;
  const double seconds = timed(cluster, [&] {
    Shuffle<KeyValue, KeyLess<KeyValue, KeyOf>> shuffle(cluster, "group",
                                                        cluster.budget.lease("group", 0.5));
    for_each_pair(cluster, wishes.file + ".left", [&](const KeyValue& pair) {
      shuffle.put(owner_of(mix64(pair.key), cluster.size()), pair);
    });
    auto records = shuffle.finish();
    records.sort();
    std::vector<u64> values;
    for_each_group(records, KeyOf{}, [&](auto& group) {
      values.clear();
      while (const KeyValue* pair = group.next()) values.push_back(pair->value);
      ++rows;
      sum += values[(values.size() - 1) / 2];
    });
  });
  return result(cluster, seconds, rows, sum);
}

// select left.value + right.value from left join right using (key)
Numbers join_tables(Cluster& cluster, const Wishes& wishes) {
  u64 rows = 0;
  u64 sum = 0;
  const double seconds = timed(cluster, [&] {
    join(cluster, "join", records_of(cluster, wishes.file + ".left", "left"),
         records_of(cluster, wishes.file + ".right", "right"), KeyOf{}, KeyOf{}, JoinKind::inner,
         [&](const KeyValue& left, const KeyValue* right) {
           ++rows;
           sum += left.value + right->value;
         });
  });
  return result(cluster, seconds, rows, sum);
}

}  // namespace shardmill::bench
