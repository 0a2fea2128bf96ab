#include "operators/nearest/flat_search.hpp"

#include "operators/nearest/blas.hpp"
#include "operators/nearest/cosine.hpp"

#ifdef SHARDMILL_FAISS

#include <faiss/IndexFlat.h>
#include <faiss/impl/AuxIndexStructures.h>
#include <faiss/utils/distances.h>
#include <omp.h>

#include <algorithm>

#endif

namespace shardmill {

#ifdef SHARDMILL_FAISS

using FaissId = faiss::Index::idx_t;

struct FlatSearch::Index {
  explicit Index(std::size_t dimensions)
      : flat(static_cast<FaissId>(dimensions)), error(float_error(dimensions)) {}

  [[nodiscard]] FaissId rows_of(std::span<const float> vectors) const {
    return static_cast<FaissId>(vectors.size()) / flat.d;
  }
  // Appends pairs of a product above `least`; the queries are numbered from `first`.
  void above(std::span<const float> queries, std::size_t first, double least,
             std::vector<ProposedPair>& out) const {
    faiss::RangeSearchResult found(rows_of(queries));
    flat.range_search(rows_of(queries), queries.data(), static_cast<float>(least), &found);
    for (std::size_t q = 0; q < found.nq; ++q) {
      const std::size_t begin = out.size();
      for (std::size_t i = found.lims[q]; i < found.lims[q + 1]; ++i) {
        out.push_back({narrow<u32>(first + q), narrow<u32>(found.labels[i])});
      }
      std::sort(out.begin() + static_cast<std::ptrdiff_t>(begin), out.end());
    }
  }

  faiss::IndexFlatIP flat;
  double error;
};

bool FlatSearch::available() { return true; }

FlatSearch::FlatSearch(std::span<const float> candidates, std::size_t dimensions)
    : index_(std::make_unique<Index>(dimensions)) {
  load_blas();
  omp_set_num_threads(1);  // ranks share the machine's cores; it would take all of them
  // A buffer of this many products for each of 1,024 candidates is made anew in each call: as many
  // as there are, not 4,096.
  faiss::distance_compute_blas_query_bs = static_cast<int>(kQueries);
  index_->flat.add(index_->rows_of(candidates), candidates.data());
}

void FlatSearch::propose(std::span<const float> queries, double least,
                         std::vector<ProposedPair>& out) const {
  out.clear();
  const std::size_t whole = kQueries * static_cast<std::size_t>(index_->flat.d);
  for (std::size_t at = 0; at < queries.size(); at += whole) {
    index_->above(queries.subspan(at, std::min(whole, queries.size() - at)), at / whole * kQueries,
                  least - index_->error, out);
  }
}

// Let f be the best-th largest product. So many cosines are at least f - error: what is really
// among the best is at least that too, and its product at least f - 2 error.
void FlatSearch::propose_best(std::span<const float> queries, std::size_t best,
                              std::vector<ProposedPair>& out) const {
  constexpr std::size_t kMore = 8;  // nearly always enough
  out.clear();
  const auto all = static_cast<std::size_t>(index_->flat.ntotal);
  const std::size_t asked = std::min(all, best + kMore);
  const auto d = static_cast<std::size_t>(index_->flat.d);
  std::vector<float> products(kQueries * asked);
  std::vector<FaissId> candidates(kQueries * asked);
  for (std::size_t at = 0; at * d < queries.size(); at += kQueries) {
    const auto block = queries.subspan(at * d, std::min(kQueries * d, queries.size() - at * d));
    index_->flat.search(index_->rows_of(block), block.data(), static_cast<FaissId>(asked),
                        products.data(), candidates.data());
    for (std::size_t q = 0; q < block.size() / d; ++q) {
      const std::span<const float> product(products.data() + q * asked, asked);
      const double least =
          static_cast<double>(product[std::min(best, asked) - 1]) - 2 * index_->error;
      if (asked < all && static_cast<double>(product.back()) >= least) {
        index_->above(block.subspan(q * d, d), at + q, least, out);
        continue;
      }
      const std::size_t begin = out.size();
      for (std::size_t i = 0; i < asked && static_cast<double>(product[i]) >= least; ++i) {
        out.push_back({narrow<u32>(at + q), narrow<u32>(candidates[q * asked + i])});
      }
      std::sort(out.begin() + static_cast<std::ptrdiff_t>(begin), out.end());
    }
  }
}

#else

struct FlatSearch::Index {};

bool FlatSearch::available() { return false; }

FlatSearch::FlatSearch(std::span<const float>, std::size_t) {
  throw InternalError("built without FAISS");
}
void FlatSearch::propose(std::span<const float>, double, std::vector<ProposedPair>&) const {}
void FlatSearch::propose_best(std::span<const float>, std::size_t,
                              std::vector<ProposedPair>&) const {}

#endif

FlatSearch::~FlatSearch() = default;
FlatSearch::FlatSearch(FlatSearch&&) noexcept = default;
FlatSearch& FlatSearch::operator=(FlatSearch&&) noexcept = default;

}  // namespace shardmill
