#include "engine/records/sort_records.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <random>

namespace shardmill {
namespace {

struct Named {
  u64 first = 0;
  u64 second = 0;
  auto operator<=>(const Named&) const = default;
  [[nodiscard]] u64 leading() const { return first; }
};

// By an order of its own, in which the second number leads.
struct BySecond {
  bool operator()(const Named& a, const Named& b) const {
    return a.second != b.second ? a.second < b.second : a.first < b.first;
  }
  [[nodiscard]] u64 leading(const Named& record) const { return record.second; }
};

// With two numbers, and bytes that neither of them has.
struct Twice {
  u64 first = 0;
  u64 second = 0;
  u64 third = 0;
  auto operator<=>(const Twice&) const = default;
  [[nodiscard]] u64 leading() const { return first; }
  [[nodiscard]] u64 following() const { return second; }
};

// By the third number, then as the records.
struct ByThird {
  static constexpr bool kThenAsRecords = true;
  bool operator()(const Twice& a, const Twice& b) const {
    return a.third != b.third ? a.third < b.third : a < b;
  }
  [[nodiscard]] u64 leading(const Twice& record) const { return record.third; }
};

static_assert(RecordNumbers<Named>::kCount == 1 && RecordNumbers<Twice>::kCount == 2);
static_assert(LessNumbers<Named, BySecond>::kCount == 1);
static_assert(LessNumbers<Twice, ByThird>::kCount == 3);
static_assert(HasLeading<Named> && !HasLeading<u64>);
static_assert(NamesLeading<BySecond, Named> && !NamesLeading<std::less<Named>, Named>);

std::vector<Named> records(std::size_t count, const std::function<u64(u64 random)>& number) {
  std::mt19937_64 random(count);
  std::vector<Named> list(count);
  for (Named& record : list) record = {number(random()), number(random())};
  return list;
}

template <class T, class Less>
void expect_sorted(std::vector<T> list, const Less& less) {
  std::vector<T> expected = list;
  std::sort(expected.begin(), expected.end(), less);
  // As small as it goes, for the first cache only; and one that some of the lists fit.
  for (const std::size_t buffer_bytes : {std::size_t{1}, std::size_t{256} << 10}) {
    std::vector<T> sorted = list;
    sort_records(std::span(sorted), less, buffer_bytes);
    ASSERT_EQ(sorted, expected);
  }
}

TEST(SortRecords, IsStdSortWhateverTheNumbersAre) {
  const std::function<u64(u64)> numbers[] = {
      [](u64 r) { return r; },                            // hashes
      [](u64 r) { return r % 1000; },                     // nodes, each several times
      [](u64) { return u64{42}; },                        // all the same
      [](u64 r) { return r >> (r % 64); },                // of all magnitudes
      [](u64 r) { return r % 100 == 0 ? r : r % 5; },     // few far from the others
      [](u64 r) { return (r % 3) << 40 | (r >> 50); },    // ordinal and offset
      [](u64 r) { return r % 2 == 0 ? 0 : UINT64_MAX; },  // the whole range
  };
  for (const auto& number : numbers) {
    for (const std::size_t count : {0, 1, 2, 255, 256, 257, 1000, 2049, 20'000, 300'000}) {
      if (count > 20'000 && &number != &numbers[0]) continue;  // once beyond the caches is enough
      const std::vector<Named> list = records(count, number);
      expect_sorted(list, std::less<Named>{});
      expect_sorted(list, BySecond{});
      std::vector<Twice> twice;
      for (const Named& r : list) twice.push_back({r.second % 3, r.first, r.first ^ r.second});
      expect_sorted(twice, std::less<Twice>{});
      expect_sorted(twice, ByThird{});
      for (Twice& record : twice) record.third = record.first;
      expect_sorted(twice, ByThird{});
      std::vector<u64> plain;
      for (const Named& record : list) plain.push_back(record.first);
      expect_sorted(plain, std::less<u64>{});
      std::sort(plain.begin(), plain.end(), std::greater<>{});
      expect_sorted(plain, std::less<u64>{});
    }
  }
}

struct ByFirst {
  static constexpr bool kNothingElse = true;
  bool operator()(const Named& a, const Named& b) const { return a.first < b.first; }
  [[nodiscard]] u64 leading(const Named& record) const { return record.first; }
};

// Those of the same number may come in any order, and none is lost.
TEST(SortRecords, ByANumberAlone) {
  for (const u64 distinct : {1, 3, 1000, 1'000'000}) {
    for (const std::size_t count : {0, 1, 17, 1000, 20'000, 300'000}) {
      std::vector<Named> list = records(count, [&](u64 r) { return r % distinct; });
      std::vector<Named> sorted = list;
      sort_records(std::span(sorted), ByFirst{}, std::size_t{256} << 10);
      EXPECT_TRUE(std::is_sorted(sorted.begin(), sorted.end(), ByFirst{}));
      std::sort(sorted.begin(), sorted.end());
      std::sort(list.begin(), list.end());
      EXPECT_TRUE(sorted == list);
    }
  }
}

}  // namespace
}  // namespace shardmill
