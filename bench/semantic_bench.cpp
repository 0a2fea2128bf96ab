// dedup.semantic's comparison: pairs of vectors scored per second, beside what the machine's sgemm
// does in the same run. Arguments: dimensions, and of 1,000 candidates how many are near a query.
//
// pairs/s of Propose times 2 * dimensions, over flop/s of Sgemm, is the share of the machine that
// is used; Decide is what scoring again costs where much is near.
#include <benchmark/benchmark.h>

#include <random>
#include <vector>

#include "operators/nearest/blas.hpp"
#include "operators/nearest/cosine.hpp"
#include "operators/nearest/flat_search.hpp"

namespace shardmill {
namespace {

constexpr std::size_t kQueries = FlatSearch::kQueries;
constexpr std::size_t kCandidates = FlatSearch::kCandidates;
constexpr double kThreshold = 0.95;

// Random directions, of which the first `near` per mille are near the same one.
std::vector<float> vectors(std::size_t count, std::size_t dimensions, std::size_t near, u32 seed) {
  std::mt19937 random(seed);
  std::mt19937 common(1);
  std::normal_distribution<float> normal;
  std::vector<float> direction(dimensions);
  for (float& x : direction) x = normal(common);
  std::vector<float> all;
  for (std::size_t n = 0; n < count; ++n) {
    std::vector<float> vector(dimensions);
    const bool is_near = n * 1000 < near * count;
    for (std::size_t i = 0; i < dimensions; ++i) {
      vector[i] = is_near ? direction[i] + 0.05F * normal(random) : normal(random);
    }
    (void)make_unit(vector);
    all.insert(all.end(), vector.begin(), vector.end());
  }
  return all;
}

void count_pairs(benchmark::State& state) {
  state.counters["pairs/s"] = benchmark::Counter(static_cast<double>(kQueries * kCandidates),
                                                 benchmark::Counter::kIsIterationInvariantRate);
}

// As BlockComparison does it, the copy of the candidates included.
void Propose(benchmark::State& state) {
  if (!FlatSearch::available()) return state.SkipWithError("built without FAISS");
  const auto d = static_cast<std::size_t>(state.range(0));
  const auto near = static_cast<std::size_t>(state.range(1));
  const std::vector<float> queries = vectors(kQueries, d, 1000, 2);
  const std::vector<float> candidates = vectors(kCandidates, d, near, 3);
  std::vector<ProposedPair> pairs;
  for (auto _ : state) {
    const FlatSearch search(candidates, d);
    search.propose(queries, kThreshold, pairs);
    benchmark::DoNotOptimize(pairs.data());
  }
  state.counters["proposed"] = static_cast<double>(pairs.size());
  count_pairs(state);
}
BENCHMARK(Propose)->ArgsProduct({{64, 256, 768}, {0, 10, 1000}})->ArgNames({"d", "near"});

// Every pair in double.
void Decide(benchmark::State& state) {
  const auto d = static_cast<std::size_t>(state.range(0));
  const std::vector<float> queries = vectors(kQueries, d, 1000, 2);
  const std::vector<float> candidates = vectors(kCandidates, d, 0, 3);
  for (auto _ : state) {
    i64 sum = 0;
    for (std::size_t q = 0; q < kQueries; ++q) {
      for (std::size_t c = 0; c < kCandidates; ++c) {
        sum += millionths(
            cosine(std::span(queries).subspan(q * d, d), std::span(candidates).subspan(c * d, d)));
      }
    }
    benchmark::DoNotOptimize(sum);
  }
  count_pairs(state);
}
BENCHMARK(Decide)->Arg(64)->Arg(256)->Arg(768)->ArgName("d");

// The products alone, of the same blocks.
void Sgemm(benchmark::State& state) {
  if (!FlatSearch::available()) return state.SkipWithError("built without FAISS");
  load_blas();
  const auto d = static_cast<int>(state.range(0));
  const std::vector<float> queries = vectors(kQueries, static_cast<std::size_t>(d), 1000, 2);
  const std::vector<float> candidates = vectors(kCandidates, static_cast<std::size_t>(d), 0, 3);
  std::vector<float> products(kQueries * kCandidates);
  const auto m = static_cast<int>(kQueries);
  const auto n = static_cast<int>(kCandidates);
  const float one = 1;
  const float zero = 0;
  for (auto _ : state) {
    // In the order of Fortran: the candidates' rows are columns.
    sgemm_("T", "N", &n, &m, &d, &one, candidates.data(), &d, queries.data(), &d, &zero,
           products.data(), &n);
    benchmark::DoNotOptimize(products.data());
  }
  state.counters["flop/s"] =
      benchmark::Counter(2.0 * static_cast<double>(d) * kQueries * kCandidates,
                         benchmark::Counter::kIsIterationInvariantRate);
  count_pairs(state);
}
BENCHMARK(Sgemm)->Arg(64)->Arg(256)->Arg(768)->ArgName("d");

}  // namespace
}  // namespace shardmill
