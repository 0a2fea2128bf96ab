#include "operators/contamination/decontaminate.hpp"

#include <algorithm>
#include <cstring>
#include <tuple>

#include "cluster/agree.hpp"
#include "engine/algorithm/reduce_by_key.hpp"
#include "engine/batch/wire.hpp"
#include "engine/exchange/partition.hpp"
#include "engine/hash/hash.hpp"
#include "operators/table/aggregate_step.hpp"
#include "operators/table/table_rows.hpp"

namespace shardmill {

// A hit as a sketch has it: of the item only its place in the index.
struct Decontaminate::StoredHit {
  u64 begin = 0;  // bytes of the text as the step sees it
  u64 end = 0;
  u32 item = 0;
  u32 weight = 0;
  u32 run = 0;
  u32 ngrams = 0;
  u32 covering = 0;
  u32 other_numbers = 0;
};

// What all documents say of one item.
struct Decontaminate::Summary {
  u64 item = 0;
  u64 dirty = 0;              // documents in which a score decides
  u64 partly = 0;             // others with a hit
  u64 run = 0;                // the longest
  u64 weight = 0;             // the greatest
  u64 document = UINT64_MAX;  // of the greatest weight the first
  auto operator<=>(const Summary&) const = default;
  [[nodiscard]] u64 leading() const { return item; }

  void add(const Summary& other) {
    dirty += other.dirty;
    partly += other.partly;
    run = std::max(run, other.run);
    if (other.weight > weight) document = UINT64_MAX;
    if (other.weight >= weight) document = std::min(document, other.document);
    weight = std::max(weight, other.weight);
  }
};

namespace {

std::string_view name_of(Score score) {
  for (const auto& [name, known] : kScoreNames) {
    if (known == score) return name;
  }
  throw InternalError("a score without a name");
}

// What drops first, then by score; names and places make the order total.
bool is_better(const Match& a, const Match& b) {
  if (a.drops != b.drops) return a.drops;
  const u64 left = a.score_num * b.score_den;
  const u64 right = b.score_num * a.score_den;
  if (left != right) return left > right;
  return std::tie(a.witness, a.begin, a.end) < std::tie(b.witness, b.begin, b.end);
}

// Thresholds have at most four decimals, so that products stay far below 2^64.
constexpr u64 kScale = 10'000;

u64 scaled(const Decimal& threshold) {
  return narrow<u64>(threshold.numerator) * kScale / threshold.denominator;
}

bool reaches(Share share, u64 threshold) { return share.num * kScale >= threshold * share.den; }

}  // namespace

DecontaminateSettings decontaminate_settings(const Settings& settings, const std::string& label) {
  DecontaminateSettings made;
  made.benchmarks.step = label;
  made.benchmarks.files = settings.list("against");
  made.benchmarks.source = table_source(settings, label);
  if (settings.has("question")) made.benchmarks.question = settings.text("question");
  if (settings.has("id")) made.benchmarks.id = settings.text("id");
  made.table = settings.text("name");
  made.search.ngram = narrow<u32>(settings.integer("n"));
  made.search.coverage = narrow<u32>(settings.integer("coverage_n"));
  for (const std::string& name : settings.list("decide")) {
    for (const auto& [known, score] : kScoreNames) {
      if (known == name) made.decide.push_back(score);
    }
  }
  if (made.decide.empty()) made.decide = {Score::aligned, Score::part, Score::brief};
  using Action = DecontaminateSettings::Action;
  made.action = settings.text("action") == "report" ? Action::report : Action::drop_document;
  made.aligned = scaled(settings.decimal("aligned"));
  made.aligned_short = scaled(settings.decimal("aligned_short"));
  made.part = scaled(settings.decimal("part"));
  made.part_words = narrow<u64>(settings.integer("part_words"));
  made.ngrams = narrow<u64>(settings.integer("ngrams"));
  made.coverage = scaled(settings.decimal("coverage"));
  made.exempt = settings.list("exempt");
  std::sort(made.exempt.begin(), made.exempt.end());
  return made;
}

std::vector<std::string> Decontaminate::reasons() const {
  if (settings_.action == DecontaminateSettings::Action::report) return {};
  return {"contaminated"};
}

std::string Decontaminate::sketch_settings() const {
  std::string text;
  WireWriter out(text);
  out.text(settings_.benchmarks.question);
  out.text(settings_.benchmarks.id);
  out.number(static_cast<u64>(settings_.benchmarks.source.format));
  out.text(settings_.benchmarks.source.group);
  for (const auto& [field, type] : settings_.benchmarks.source.types) {
    out.text(field);
    out.number(static_cast<u64>(type));
  }
  out.number(settings_.search.ngram);
  out.number(settings_.search.coverage);
  return text;
}

const ItemIndex& Decontaminate::index() {
  if (!index_) {
    index_ = std::make_unique<ItemIndex>(read_benchmarks(settings_.benchmarks));
    search_ = std::make_unique<ItemSearch>(*index_, settings_.search);
  }
  return *index_;
}

void Decontaminate::sketch(const Batch& batch, std::string& out) {
  (void)index();
  std::string hits;
  for (std::size_t row = 0; row < batch.size(); ++row) {
    hashes_.clear();
    append_word_ids(batch.text[row], words_, hashes_);
    hits.clear();
    for (const ItemHit& hit : search_->find(hashes_)) {
      const ByteSpan bytes = bytes_of(hit.span, batch.text[row], words_);
      const StoredHit stored{.begin = bytes.begin,
                             .end = bytes.end,
                             .item = hit.item,
                             .weight = narrow<u32>(hit.weight),
                             .run = hit.run,
                             .ngrams = hit.ngrams,
                             .covering = hit.covering,
                             .other_numbers = hit.other_numbers ? 1U : 0U};
      hits.append(reinterpret_cast<const char*>(&stored), sizeof stored);
    }
    WireWriter(out).text(hits);
  }
}

Share Decontaminate::share(Score score, const StoredHit& hit) const {
  const WeightedWords words = index_->words(hit.item);
  const u64 n = words.words.size();
  const auto ngrams = [&](u64 length) { return n < length ? u64{1} : n - length + 1; };
  switch (score) {
    case Score::aligned:
      return {hit.weight, words.total};
    case Score::part:
    case Score::brief:
      return {hit.run, n};
    case Score::ngram:
      return {hit.ngrams, ngrams(settings_.search.ngram)};
    case Score::coverage:
      return {hit.covering, ngrams(settings_.search.coverage)};
  }
  throw InternalError("a score that is none");
}

bool Decontaminate::decides(Score score, const StoredHit& hit) const {
  const u64 words = index_->words(hit.item).words.size();
  const Share found = share(score, hit);
  switch (score) {
    case Score::aligned:
      return hit.other_numbers == 0 && is_aligned(found, words);
    case Score::part:
      return hit.other_numbers == 0 && hit.run >= settings_.part_words &&
             reaches(found, settings_.part);
    case Score::brief:
      return words < settings_.search.ngram && found.num == found.den;
    case Score::ngram:
      return hit.ngrams >= settings_.ngrams;
    case Score::coverage:
      return reaches(found, settings_.coverage);
  }
  throw InternalError("a score that is none");
}

bool Decontaminate::is_aligned(Share found, u64 words) const {
  // From `aligned_short` at the shortest items straight to `aligned` at those of n words.
  const u64 n = settings_.search.ngram;
  if (words >= n) return reaches(found, settings_.aligned);
  const u64 steps = n - ItemIndex::kLeastWords;
  const u64 long_share = words - ItemIndex::kLeastWords;
  const u64 threshold =
      settings_.aligned * long_share + settings_.aligned_short * (steps - long_share);
  return found.num * kScale * steps >= threshold * found.den;
}

std::optional<Score> Decontaminate::decision(const StoredHit& hit) const {
  for (const Score score : settings_.decide) {
    if (decides(score, hit)) return score;
  }
  return std::nullopt;
}

Match Decontaminate::match(Score score, const StoredHit& hit) const {
  const std::string& witness = index_->names(hit.item).front();
  const bool exempt = std::binary_search(settings_.exempt.begin(), settings_.exempt.end(), witness);
  const Share said = share(score, hit);
  return {.drops = !exempt && settings_.action == DecontaminateSettings::Action::drop_document,
          .witness = witness,
          .detector = name_of(score),
          .reason = exempt ? "exempt" : "contaminated",
          .begin = hit.begin,
          .end = hit.end,
          .score_num = said.num,
          .score_den = said.den};
}

void Decontaminate::resolve(Cluster& cluster, Sketches& sketches, u32 step, Findings& findings) {
  agree_all(cluster.control, [&] { (void)index(); });
  const std::string name = settings_.benchmarks.step;
  Records<Summary> found(cluster, name + ".hits", cluster.budget.lease(name + ".hits", 0.1));
  agree_all(cluster.control, [&] {
    std::vector<Match> matches;
    std::string key;
    std::string payload;
    sketches.for_each([&](DocKey document, std::string_view sketch) {
      matches.clear();
      for (; !sketch.empty(); sketch.remove_prefix(sizeof(StoredHit))) {
        StoredHit hit;
        std::memcpy(&hit, sketch.data(), sizeof hit);
        const std::optional<Score> score = decision(hit);
        found.push({.item = hit.item,
                    .dirty = score ? 1U : 0U,
                    .partly = score ? 0U : 1U,
                    .run = hit.run,
                    .weight = hit.weight,
                    .document = document.value});
        if (score) matches.push_back(match(*score, hit));
      }
      if (matches.empty()) return;
      std::sort(matches.begin(), matches.end(), is_better);
      for (std::size_t i = 0; i < matches.size(); ++i) {
        key.clear();
        append_sortable(key, document.value);
        append_sortable(key, i);
        payload.clear();
        append_match(matches[i], payload);
        findings.matches.push(key, payload);
      }
      if (matches.front().drops) {
        findings.drops.push({document, Verdict::kNoWitness, step, 0, 0, 0});
      }
    });
  });
  report_items(cluster, std::move(found), findings);
}

void Decontaminate::report_items(Cluster& cluster, Records<Summary>&& found, Findings& findings) {
  // Every item has a row, whether it was found or not.
  for (u64 item = cluster.rank().value; item < index_->size(); item += cluster.size()) {
    found.push({.item = item});
  }
  const auto summaries = reduce_by_key(
      cluster, settings_.benchmarks.step + ".items", std::move(found),
      [](const Summary& summary) { return summary.item; },
      [](Summary& into, const Summary& other) { into.add(other); });
  // By name, as shards have columns.
  findings.made_columns = {{"benchmark", Type::utf8},  {"dirty", Type::int64},
                           {"document", Type::utf8},   {"item", Type::utf8},
                           {"longest", Type::int64},   {"partly", Type::int64},
                           {"score_den", Type::int64}, {"score_num", Type::int64},
                           {"state", Type::utf8},      {"words", Type::int64}};
  std::string payload;
  const auto row = [&](std::string_view item, std::string_view state, const Summary* summary) {
    const std::size_t slash = item.find('/');
    const bool is_hit = summary != nullptr && summary->document != UINT64_MAX;
    payload.clear();
    WireWriter out(payload);
    const auto number = [&](bool present, u64 value) {
      out.optional_text(present ? std::optional(std::to_string(value)) : std::nullopt);
    };
    out.optional_text(item.substr(0, slash));
    number(summary != nullptr, summary == nullptr ? 0 : summary->dirty);
    out.optional_text(is_hit ? std::optional(DocKey{summary->document}.text()) : std::nullopt);
    out.optional_text(item.substr(slash + 1));
    number(is_hit, is_hit ? summary->run : 0);
    number(summary != nullptr, summary == nullptr ? 0 : summary->partly);
    const u32 place = summary == nullptr ? 0 : narrow<u32>(summary->item);
    number(is_hit, is_hit ? index_->words(place).total : 0);
    number(is_hit, is_hit ? summary->weight : 0);
    out.optional_text(state);
    number(summary != nullptr, summary == nullptr ? 0 : index_->words(place).words.size());
    findings.made.push(aggregate_row_id({item.substr(0, slash), item.substr(slash + 1)}), payload);
  };
  agree_all(cluster.control, [&] {
    summaries.for_each([&](const Summary& summary) {
      const u32 place = narrow<u32>(summary.item);
      const char* state = summary.dirty > 0          ? "dirty"
                          : summary.partly > 0       ? "partly"
                          : index_->has_seeds(place) ? "clean"
                                                     : "unsearchable";
      for (const std::string& item : index_->names(place)) {
        row(item, state, &summary);
      }
    });
    if (!cluster.control.is_root()) return;
    for (const std::string& item : index_->unsearchable()) row(item, "unsearchable", nullptr);
  });
}

}  // namespace shardmill
