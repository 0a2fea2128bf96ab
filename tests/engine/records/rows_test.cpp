#include "engine/records/rows.hpp"

#include <algorithm>
#include <random>

#include "tests/engine/records/cluster_shapes.hpp"

namespace shardmill {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

// Few distinct keys, many shared prefixes, empty ones, bytes above 127 and zeros.
Pairs random_rows(std::size_t n, u64 seed, std::size_t longest) {
  std::mt19937_64 random(seed);
  const auto bytes = [&](std::size_t size) {
    std::string text(size, '\0');
    for (char& c : text) c = "\0ab\xff"[random() % 4];
    return text;
  };
  Pairs rows;
  for (std::size_t i = 0; i < n; ++i) {
    rows.emplace_back(bytes(random() % 14), bytes(random() % longest));
  }
  return rows;
}

Pairs read(const Rows& rows) {
  Pairs all;
  rows.for_each(
      [&](std::string_view key, std::string_view payload) { all.emplace_back(key, payload); });
  return all;
}

// std::string compares like memcmp.
void check(u64 spill, const Pairs& pushed) {
  ThreadOptions options;
  options.force_spill_rows = spill;
  run_on_threads(1, options, [&](Cluster& cluster) {
    Pairs expected = pushed;
    Rows rows(cluster, "rows", Lease());
    u64 bytes = 0;
    for (const auto& [key, payload] : expected) {
      rows.push(key, payload);
      bytes += key.size() + payload.size();
    }
    EXPECT_EQ(rows.size(), expected.size());
    EXPECT_EQ(rows.bytes(), bytes);
    Pairs unsorted = read(rows);
    if (!rows.spilled()) {
      EXPECT_TRUE(unsorted == expected);
    }
    std::sort(expected.begin(), expected.end());
    std::sort(unsorted.begin(), unsorted.end());
    EXPECT_TRUE(unsorted == expected);
    rows.sort();
    EXPECT_TRUE(read(rows) == expected);
    EXPECT_TRUE(read(rows) == expected) << "a second time";
  });
}

TEST(Rows, SortByKeyThenPayload) {
  for (const u64 spill : {0, 3, 100}) {
    for (const std::size_t n : {0, 1, 3, 4, 500, 3000}) check(spill, random_rows(n, n, 40));
  }
}

TEST(Rows, LargerThanABlockAndLargerThanTheLease) {
  Pairs rows = random_rows(300, 9, 9000);
  rows.emplace_back("large", std::string(1'000'000, 'x'));
  rows.emplace_back(std::string(600'000, 'k'), "key");
  for (const auto& row : random_rows(300, 10, 9000)) rows.push_back(row);
  check(0, rows);
  check(50, rows);
}

TEST(Rows, ALeaseHoldsAboutItsBytes) {
  run_on_threads(1, {}, [](Cluster& cluster) {
    Rows rows(cluster, "rows", cluster.budget.lease("rows", 0, 1_MiB));
    const std::string payload(1000, 'p');
    for (int i = 0; i < 900; ++i) rows.push("k", payload);
    EXPECT_FALSE(rows.spilled());
    for (int i = 0; i < 300; ++i) rows.push("k", payload);
    EXPECT_TRUE(rows.spilled());
  });
}

TEST(Rows, TornBytesAreRefused) {
  run_on_threads(1, {}, [](Cluster& cluster) {
    Rows rows(cluster, "rows", Lease());
    std::vector<std::byte> encoded(RowFormat::bytes_of("key", "payload"));
    RowFormat::write(encoded.data(), "key", "payload");
    rows.push_encoded(encoded);
    EXPECT_EQ(rows.size(), 1U);
    EXPECT_THROW(rows.push_encoded(std::span(encoded).first(encoded.size() - 1)), InternalError);
    encoded[4] = std::byte{200};  // a key longer than the row
    EXPECT_THROW(rows.push_encoded(encoded), InternalError);
  });
}

}  // namespace
}  // namespace shardmill
