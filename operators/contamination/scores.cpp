#include "operators/contamination/scores.hpp"

#include <algorithm>

#include "operators/nearest/cosine.hpp"

namespace shardmill {
namespace {

// Thresholds have at most four decimals, so that products stay far below 2^64.
constexpr u64 kScale = 10'000;

bool reaches(Share share, u64 threshold) { return share.num * kScale >= threshold * share.den; }

}  // namespace

Share Scores::share(Score score, const ItemHit& hit) const {
  const WeightedWords words = index_.words(hit.item);
  const u64 n = words.words.size();
  const auto ngrams = [&](u64 length) { return n < length ? u64{1} : n - length + 1; };
  switch (score) {
    case Score::aligned:
      return hit.other_numbers ? Share{} : Share{hit.weight, words.total};
    case Score::part:
      return hit.other_numbers ? Share{} : Share{hit.run, n};
    case Score::brief:
      return n < settings_.search.ngram ? Share{hit.run, n} : Share{};
    case Score::ngram:
      return {hit.ngrams, ngrams(settings_.search.ngram)};
    case Score::coverage:
      return {hit.covering, ngrams(settings_.search.coverage)};
    case Score::idf:
      return idf_share(hit);
    case Score::embedding:
      return {hit.similarity, kMillion};
  }
  throw InternalError("a score that is none");
}

// With the weights of decon (Allen Institute for AI, 2025): question, answer, passage.
Share Scores::idf_share(const ItemHit& hit) const {
  const u64 total = index_.idf_total(hit.item);
  const u64 question = total == 0 ? 0 : kScale * hit.idf / total;
  const bool answer = !index_.answer(hit.item).empty();
  const bool passage = !index_.passage(hit.item).empty();
  const u64 sum = answer && passage ? 70 * question + 20 * hit.answer + 10 * hit.passage
                  : answer          ? 75 * question + 25 * hit.answer
                  : passage         ? 85 * question + 15 * hit.passage
                                    : 100 * question;
  return {sum, 100 * kScale};
}

bool Scores::finds(Score score, const ItemHit& hit) const {
  const Share found = share(score, hit);
  switch (score) {
    case Score::aligned:
      return is_aligned(found, index_.words(hit.item).words.size());
    case Score::part:
      return hit.run >= settings_.part_words && reaches(found, settings_.part);
    case Score::brief:
      return found.num == found.den;
    case Score::ngram:
      return hit.ngrams >= settings_.ngrams;
    case Score::coverage:
      return reaches(found, settings_.coverage);
    case Score::idf: {
      constexpr u64 kShort = 20;
      constexpr u64 kLong = 50;
      const u64 words = std::clamp<u64>(index_.words(hit.item).words.size(), kShort, kLong);
      const u64 wanted = kScale * (kLong - kShort) - (kScale - settings_.idf) * (words - kShort);
      return found.num * kScale * (kLong - kShort) >= wanted * found.den;
    }
    case Score::embedding:
      return settings_.embedding > 0 && reaches(found, settings_.embedding);
  }
  throw InternalError("a score that is none");
}

bool Scores::is_aligned(Share found, u64 words) const {
  // From `aligned_short` at the shortest items straight to `aligned` at those of n words.
  const u64 n = settings_.search.ngram;
  if (words >= n) return reaches(found, settings_.aligned);
  const u64 steps = n - ItemIndex::kLeastWords;
  const u64 long_share = words - ItemIndex::kLeastWords;
  const u64 threshold =
      settings_.aligned * long_share + settings_.aligned_short * (steps - long_share);
  return found.num * kScale * steps >= threshold * found.den;
}

std::optional<Score> Scores::decision(const ItemHit& hit) const {
  for (const Score score : settings_.decide) {
    if (finds(score, hit)) return score;
  }
  return std::nullopt;
}

std::vector<std::optional<Score>> Scores::decisions(std::span<const ItemHit> hits) const {
  std::vector<std::optional<Score>> alone;
  for (const ItemHit& hit : hits) alone.push_back(decision(hit));
  const auto outshines = [&](const ItemHit& other, const ItemHit& hit) {
    const u64 shared_begin = std::max(other.span.begin, hit.span.begin);
    const u64 shared_end = std::min(other.span.end, hit.span.end);
    if (shared_begin >= shared_end) return false;
    return other.weight * index_.words(hit.item).total >
               hit.weight * index_.words(other.item).total &&
           2 * (shared_end - shared_begin) >= u64{hit.span.end} - hit.span.begin;
  };
  std::vector<std::optional<Score>> decided = alone;
  for (std::size_t i = 0; i < hits.size(); ++i) {
    for (std::size_t j = 0; j < hits.size() && decided[i]; ++j) {
      if (alone[j] && outshines(hits[j], hits[i])) decided[i].reset();
    }
  }
  return decided;
}

}  // namespace shardmill
