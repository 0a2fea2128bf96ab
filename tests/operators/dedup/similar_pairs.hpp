// Random documents of few words, what is similar among them, and who stays, by brute force.
#pragma once

#include <random>
#include <set>

#include "operators/dedup/verify.hpp"
#include "tests/operators/dedup/memory_sketches.hpp"

namespace shardmill {

// Texts of words "a" .. "z", one letter a word: sets of letters, when shingles are single words.
inline SketchedDocuments letter_documents(u32 count, u32 seed) {
  std::mt19937 random(seed);
  SketchedDocuments documents;
  for (u32 i = 0; i < count; ++i) {
    std::string text;
    const u32 letters = 1 + draw(random, 12);
    for (u32 n = 0; n < letters; ++n) {
      text += static_cast<char>('a' + draw(random, 14));
      text += draw(random, 5) == 0 ? ", " : " ";
    }
    const u64 ordinal = i % 12 == 5 ? DocKey::kForeign + 2 : i / 9;
    documents[DocKey::of(ordinal, 3 * i)] = {"", text};
  }
  return documents;
}

inline std::set<char> letters_of(const SketchedDocument& document) {
  std::set<char> letters;
  for (const char c : document.text) {
    if (c >= 'a' && c <= 'z') letters.insert(c);
  }
  return letters;
}

// `one_in`: of so many pairs one is a candidate. Nodes are the keys, foreign ones moved first.
inline std::vector<Candidate> random_candidates(const SketchedDocuments& documents, u32 one_in,
                                                u32 seed) {
  std::mt19937 random(seed);
  const std::vector<DocKey> order = ranked(documents, 0);
  const auto node = [](DocKey key) { return key.value ^ u64 { 1 } << 63; };
  std::vector<Candidate> candidates;
  for (std::size_t d = 0; d < order.size(); ++d) {
    for (std::size_t c = 0; c < d; ++c) {
      if (order[d].foreign() || draw(random, one_in) != 0) continue;
      candidates.push_back({order[c].value, order[d].value, node(order[c]), node(order[d])});
    }
  }
  return candidates;
}

inline SimilarPair score_of(const SketchedDocuments& documents, const Candidate& pair,
                            Measure measure) {
  const std::set<char> better = letters_of(documents.at(DocKey{pair.better_key}));
  const std::set<char> worse = letters_of(documents.at(DocKey{pair.worse_key}));
  u64 shared = 0;
  for (const char c : worse) shared += better.count(c);
  const u64 whole =
      measure == Measure::jaccard ? better.size() + worse.size() - shared : worse.size();
  return {pair.worse, pair.better, pair.worse_key, pair.better_key, shared, whole};
}

// Every rank's share of what is to be owner_of(mix64(key)).
template <class T, class Key>
Records<T> share(Cluster& cluster, const std::vector<T>& all, Key key) {
  Records<T> records(cluster, "share", cluster.budget.lease("share", 0.05, 1_MiB));
  for (const T& one : all) {
    if (owner_of(mix64(key(one)), cluster.size()) == cluster.rank()) records.push(one);
  }
  records.sort();
  return records;
}

}  // namespace shardmill
