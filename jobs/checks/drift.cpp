#include "jobs/checks/drift.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace shardmill {
namespace {

constexpr u64 kMillion = 1'000'000;
constexpr i64 kDeciles = 10;

// Documents of both in one bin.
struct Bin {
  u64 now = 0;
  u64 before = 0;
};

struct Bins {
  std::vector<Bin> bins;  // each with documents in one of the two
  u64 now = 0;
  u64 before = 0;
};

template <class Key>
Bins bins_of(const std::map<Key, u64>& now, const std::map<Key, u64>& before) {
  std::map<Key, Bin> by_key;
  Bins all;
  for (const auto& [key, count] : now) {
    by_key[key].now = count;
    all.now += count;
  }
  for (const auto& [key, count] : before) {
    by_key[key].before = count;
    all.before += count;
  }
  for (const auto& [key, bin] : by_key) all.bins.push_back(bin);
  return all;
}

// Counts by the number of deciles that are smaller.
std::map<u64, u64> between(const Histogram& histogram, const std::set<double>& deciles) {
  std::map<u64, u64> counts;
  for (const auto& [cell, count] : histogram) {
    const auto at = deciles.lower_bound(cell);
    counts[static_cast<u64>(std::distance(deciles.begin(), at))] += count;
  }
  return counts;
}

Bins between_deciles(const Histogram& now, const Histogram& before) {
  std::set<double> deciles;
  for (i64 i = 1; i < kDeciles && !before.empty(); ++i) {
    deciles.insert(quantile(before, {i, kDeciles}));
  }
  return bins_of(between(now, deciles), between(before, deciles));
}

double js(const Bins& bins) {
  const auto part = [](double p, double q) {
    return p > 0 ? p / 2 * std::log2(2 * p / (p + q)) : 0;
  };
  double sum = 0;
  for (const Bin& bin : bins.bins) {
    const double p = static_cast<double>(bin.now) / static_cast<double>(bins.now);
    const double q = static_cast<double>(bin.before) / static_cast<double>(bins.before);
    sum += part(p, q) + part(q, p);
  }
  return sum;
}

double psi(const Bins& bins) {
  const double added = 0.5 * static_cast<double>(bins.bins.size());
  double sum = 0;
  for (const Bin& bin : bins.bins) {
    const double p = (static_cast<double>(bin.now) + 0.5) / (static_cast<double>(bins.now) + added);
    const double q =
        (static_cast<double>(bin.before) + 0.5) / (static_cast<double>(bins.before) + added);
    sum += (p - q) * std::log(p / q);
  }
  return sum;
}

u64 ks(const Bins& bins) {
  const u128 n = bins.now;
  const u128 m = bins.before;
  u128 now = 0;
  u128 before = 0;
  u128 most = 0;
  for (const Bin& bin : bins.bins) {
    now += bin.now;
    before += bin.before;
    const u128 a = now * m;
    const u128 b = before * n;
    most = std::max(most, a > b ? a - b : b - a);
  }
  return static_cast<u64>((2 * most * kMillion + n * m) / (2 * n * m));
}

}  // namespace

std::optional<u64> drift(const ColumnProfile& now, const ColumnProfile& before,
                         const std::string& measure) {
  const bool numbers = !now.numbers.empty() || !before.numbers.empty();
  const Histogram& cells_now = numbers ? now.numbers : now.lengths;
  const Histogram& cells_before = numbers ? before.numbers : before.lengths;
  Bins bins;
  if (measure == "ks") {
    bins = bins_of(cells_now, cells_before);
  } else if (numbers || now.many_values || before.many_values) {
    bins = between_deciles(cells_now, cells_before);
  } else {
    bins = bins_of(now.values, before.values);
  }
  if (bins.now == 0 || bins.before == 0) return std::nullopt;
  if (measure == "ks") return ks(bins);
  const double value = measure == "js" ? js(bins) : psi(bins);
  return static_cast<u64>(std::llround(std::max(value, 0.0) * kMillion));
}

}  // namespace shardmill
