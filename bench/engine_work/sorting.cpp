#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <vector>

#include "bench/engine_work/work.hpp"
#include "engine/algorithm/group_by.hpp"
#include "engine/algorithm/sort.hpp"
#include "engine/exchange/shuffle.hpp"
#include "engine/records/memory_plan.hpp"

namespace shardmill::bench {
namespace {

struct Large {
  u64 key = 0;
  std::array<u64, 15> rest{};
  auto operator<=>(const Large&) const = default;
  [[nodiscard]] u64 leading() const { return key; }
};
static_assert(sizeof(Large) == 128);

// As in the sort benchmarks: 10 bytes of key, ordered as bytes, and what belongs to it.
struct Hundred {
  std::array<unsigned char, 100> bytes{};
  bool operator<(const Hundred& other) const {
    return std::memcmp(bytes.data(), other.bytes.data(), bytes.size()) < 0;
  }
  [[nodiscard]] u64 leading() const {
    u64 number = 0;
    std::memcpy(&number, bytes.data(), sizeof number);
    return __builtin_bswap64(number);
  }
};
static_assert(sizeof(Hundred) == 100);

Hundred random_record(u64 seed) {
  Hundred record;
  const std::array<u64, 2> key = {mix64(seed), mix64(~seed)};
  std::memcpy(record.bytes.data(), key.data(), 10);
  std::memcpy(record.bytes.data() + 10, &seed, sizeof seed);
  return record;
}

// The same bytes written and read back past the page cache, as two passes over the disk.
double direct_passes(const Cluster& cluster, u64 bytes, bool write) {
  constexpr std::size_t kBlock = std::size_t{4} << 20;
  const std::string path = (cluster.scratch.folder / "direct").string();
  const int file =
      ::open(path.c_str(), (write ? O_WRONLY | O_CREAT | O_TRUNC : O_RDONLY) | O_DIRECT, 0600);
  if (file < 0) throw ResourceError(path + ": cannot be opened for direct I/O");
  const std::unique_ptr<void, decltype(&std::free)> block(std::aligned_alloc(4096, kBlock),
                                                          &std::free);
  std::memset(block.get(), 1, kBlock);
  for (u64 done = 0; done < bytes; done += kBlock) {
    const ssize_t n =
        write ? ::write(file, block.get(), kBlock) : ::read(file, block.get(), kBlock);
    if (n != static_cast<ssize_t>(kBlock)) throw ResourceError(path + ": direct I/O failed");
  }
  ::close(file);
  if (!write) ::unlink(path.c_str());
  return static_cast<double>(bytes);
}

}  // namespace

Numbers sort_memory(Cluster& cluster, const Wishes& wishes) {
  std::vector<KeyValue> records(wishes.bytes / sizeof(KeyValue));
  u64 seed = 0;
  for (KeyValue& record : records) record = {mix64(++seed), seed};
  std::vector<KeyValue> same = records;
  const double theirs = timed(cluster, [&] { std::sort(same.begin(), same.end()); });
  const double ours = timed(cluster, [&] {
    sort_records(std::span(records), std::less<KeyValue>{}, MemoryPlan::kLargestSort);
  });
  if (records != same) throw InternalError("sort_records and std::sort differ");
  return {{"seconds", ours},
          {"std_sort_seconds", theirs},
          {"records", static_cast<double>(records.size())}};
}

Numbers sort_disk(Cluster& cluster, const Wishes& wishes) {
  const u64 rows = wishes.bytes / sizeof(Large);
  u64 seed = u64{cluster.rank().value} << 40;
  u64 read = 0;
  bool sorted = true;
  const double seconds = timed(cluster, [&] {
    Shuffle<Large> shuffle(cluster, "sort", cluster.budget.lease("sort", 0.5));
    Large row;
    for (u64 i = 0; i < rows; ++i) {
      row.key = mix64(++seed);
      row.rest[0] = seed;
      shuffle.put(owner_of(row.key, cluster.size()), row);
    }
    Records<Large> records = shuffle.finish();
    records.sort();
    u64 last = 0;
    records.for_each([&](const Large& record) {
      sorted = sorted && last <= record.key;
      last = record.key;
      ++read;
    });
  });
  if (!sorted || cluster.control.all_sum(read) != rows * cluster.size()) {
    throw InternalError("not sorted, or rows lost");
  }
  const double writing = timed(cluster, [&] { direct_passes(cluster, wishes.bytes, true); });
  const double reading = timed(cluster, [&] { direct_passes(cluster, wishes.bytes, false); });
  return {{"seconds", seconds},
          {"write_seconds", writing},
          {"read_seconds", reading},
          {"bytes", static_cast<double>(wishes.bytes)},
          {"spilled_bytes", static_cast<double>(cluster.scratch.written)}};
}

Numbers plain_sort(Cluster& cluster, const Wishes& wishes) {
  std::vector<Hundred> records;
  const double seconds = timed(cluster, [&] {
    records.reserve(wishes.bytes / sizeof(Hundred));
    for (u64 i = 0; i < wishes.bytes / sizeof(Hundred); ++i) records.push_back(random_record(i));
    std::sort(records.begin(), records.end());
  });
  u64 sum = 0;
  for (u64 i = 0; i < records.size(); ++i) sum += i * (records[i].leading() >> 40);
  return {{"seconds", seconds}, {"sum", static_cast<double>(sum)}};
}

Numbers sort_100(Cluster& cluster, const Wishes& wishes) {
  const u64 all = wishes.bytes / sizeof(Hundred);
  const u64 rank = cluster.rank().value;
  std::optional<Records<Hundred>> sorted;
  const double seconds = timed(cluster, [&] {
    Records<Hundred> in(cluster, "in", cluster.budget.lease("in", 0.5));
    for (u64 i = all * rank / cluster.size(); i < all * (rank + 1) / cluster.size(); ++i) {
      in.push(random_record(i));
    }
    sorted = shardmill::sort(cluster, "sort", std::move(in));
  });
  std::vector<u64> sizes(cluster.size());
  sizes[rank] = sorted->size();
  sizes = cluster.control.all_sum(sizes);
  u64 at = 0;
  for (u64 r = 0; r < rank; ++r) at += sizes[r];
  u64 sum = 0;
  sorted->for_each([&](const Hundred& record) { sum += at++ * (record.leading() >> 40); });
  return {{"seconds", seconds}, {"sum", static_cast<double>(cluster.control.all_sum(sum))}};
}

Numbers group(Cluster& cluster, const Wishes& wishes) {
  const u64 count = wishes.bytes / sizeof(KeyValue);
  u64 seed = u64{cluster.rank().value} << 40;
  u64 groups = 0;
  u64 members = 0;
  const double seconds = timed(cluster, [&] {
    Records<KeyValue> records(cluster, "in", cluster.budget.lease("in", 0.25));
    for (u64 i = 0; i < count; ++i) {
      const u64 random = mix64(++seed);
      const bool hot = random % 100 < wishes.hot_percent;
      records.push({hot ? 0 : random % (count / 4 + 1), seed});
    }
    group_by(
        cluster, "group", std::move(records), [](const KeyValue& record) { return record.key; },
        [&](auto& group) {
          ++groups;
          while (group.next() != nullptr) ++members;
        });
  });
  if (cluster.control.all_sum(members) != count * cluster.size()) throw InternalError("rows lost");
  return {{"seconds", seconds},
          {"groups", static_cast<double>(cluster.control.all_sum(groups))},
          {"rows", static_cast<double>(count * cluster.size())}};
}

}  // namespace shardmill::bench
