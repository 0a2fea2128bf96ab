#include "operators/nearest/best_neighbours.hpp"

#include <algorithm>

#include "operators/nearest/cosine.hpp"

namespace shardmill {

void BestNeighbours::begin(std::span<const u64> documents, std::span<const float> queries) {
  documents_ = documents;
  queries_ = queries;
  lists_.assign(documents.size(), {});
}

void BestNeighbours::meet(std::span<const u64> keys, std::span<const float> vectors) {
  const FlatSearch search(vectors, dimensions_);
  search.propose_best(queries_, static_cast<std::size_t>(k_), proposed_);
  for (std::size_t at = 0; at < proposed_.size();) {
    const u32 query = proposed_[at].query;
    std::vector<Neighbour>& list = lists_[query];
    for (; at < proposed_.size() && proposed_[at].query == query; ++at) {
      const u32 one = proposed_[at].candidate;
      const double near = cosine(queries_.subspan(query * dimensions_, dimensions_),
                                 vectors.subspan(one * dimensions_, dimensions_));
      list.push_back({documents_[query], farness(near), keys[one]});
    }
    std::sort(list.begin(), list.end());
    if (list.size() > k_) list.resize(static_cast<std::size_t>(k_));
  }
}

}  // namespace shardmill
