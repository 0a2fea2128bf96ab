#include "operators/dedup/minhash.hpp"

#include <cmath>

#include "engine/batch/wire.hpp"
#include "engine/exchange/shuffle.hpp"
#include "engine/hash/hash.hpp"
#include "engine/records/ascending.hpp"
#include "operators/dedup/candidates.hpp"
#include "operators/dedup/decide.hpp"
#include "operators/dedup/newcomers.hpp"
#include "operators/dedup/send_keys.hpp"

namespace shardmill {

MinHashSettings minhash_settings(const Settings& settings) {
  MinHashSettings out;
  out.similarity.shingles.unit =
      settings.text("unit") == "characters" ? ShingleUnit::characters : ShingleUnit::words;
  out.similarity.shingles.size = narrow<u32>(settings.integer("shingle"));
  out.similarity.measure =
      settings.text("measure") == "containment" ? Measure::containment : Measure::jaccard;
  out.similarity.threshold = settings.decimal("threshold");
  out.bands = {narrow<u32>(settings.integer("bands")), narrow<u32>(settings.integer("rows")),
               narrow<u32>(settings.integer("bucket_head"))};
  out.seed = narrow<u64>(settings.integer("seed"));
  out.verify = settings.boolean("verify");
  out.components = settings.text("cluster") == "components";
  out.keep = settings.list("keep");
  return out;
}

double expected_recall(const Bands& bands, double similarity) {
  return 1 - std::pow(1 - std::pow(similarity, bands.rows), bands.count);
}

MinHashDedup::MinHashDedup(MinHashSettings settings)
    : settings_(std::move(settings)),
      keep_(settings_.keep),
      shingler_(settings_.similarity.shingles),
      signer_(settings_.bands.count * settings_.bands.rows, seed_for("minhash", settings_.seed)),
      signature_(signer_.hashes()) {}

std::size_t MinHashDedup::sketch_bytes() const {
  return keep_.bytes() + signature_.size() * sizeof(u32);
}

// Two sets of 8 bytes a shingle, one of them while it is sorted. A word takes two bytes of text at
// least, a character one; measured in tests/jobs/run/test_memory.py.
u64 MinHashDedup::memory_per_text_byte() const {
  if (!settings_.verify) return 0;
  return settings_.similarity.shingles.unit == ShingleUnit::words ? 12 : 25;
}

std::string MinHashDedup::sketch_settings() const {
  std::string bytes;
  WireWriter out(bytes);
  out.number(static_cast<u64>(settings_.similarity.shingles.unit));
  out.number(settings_.similarity.shingles.size);
  out.number(settings_.bands.count);
  out.number(settings_.bands.rows);
  out.number(settings_.seed);
  out.text(keep_.text());
  return bytes;
}

void MinHashDedup::sketch(const Batch& batch, std::string& out) {
  for (std::size_t row = 0; row < batch.size(); ++row) {
    keep_.append(batch, row, out);
    shingler_.shingles(batch.text[row],
                       [&](std::span<const u64> shingles) { signer_.add(shingles); });
    signer_.finish(signature_);
    out.append(reinterpret_cast<const char*>(signature_.data()), signature_.size() * sizeof(u32));
  }
}

// What pairs depend on beside sketch_settings().
std::string MinHashDedup::pair_rule() const {
  return "bucket_head " + std::to_string(settings_.bands.head);
}

std::string MinHashDedup::decision_rule() const {
  const Similarity& similarity = settings_.similarity;
  return std::string(similarity.measure == Measure::jaccard ? "jaccard " : "containment ") +
         std::to_string(similarity.threshold.numerator) + "/" +
         std::to_string(similarity.threshold.denominator) +
         (settings_.components ? " components" : " witness");
}

namespace {

// All documents at home here, for the next run.
Records<KnownDocument> list_documents(Cluster& cluster, Sketches& sketches,
                                      const Records<u64>& decisive, const Records<Verdict>& drops) {
  Records<u64> mine(cluster, "minhash.drops", cluster.budget.lease("minhash.drops", 0.02));
  drops.for_each([&](const Verdict& drop) { mine.push(drop.key.value); });
  const Records<u64> dropped = send_keys(cluster, "minhash.dropped", mine,
                                         [&](u64 key) { return sketches.home(DocKey{key}); });
  Records<KnownDocument> all(cluster, "minhash.seen", cluster.budget.lease("minhash.seen", 0.02));
  Ascending matters(decisive);
  Ascending goes(dropped);
  sketches.for_each_key([&](DocKey key) {
    all.push({key.value, (matters.has(key.value) ? KnownDocument::kDecisive : 0) |
                             (goes.has(key.value) ? KnownDocument::kDropped : 0)});
  });
  return all;
}

// What is similar hangs together: a tree for each component of documents of ours.
void report_groups(Cluster& cluster, const Records<SimilarPair>& similar, Records<Edge>& edges) {
  Records<Edge> all(cluster, "minhash.similar_edges",
                    cluster.budget.lease("minhash.similar_edges", 0.05));
  similar.for_each([&](const SimilarPair& pair) {
    if (!DocKey{pair.better_key}.foreign()) all.push({pair.better_key, pair.worse_key});
  });
  connected_components(cluster, "minhash.groups", std::move(all)).for_each([&](const Label& label) {
    if (label.node != label.root) edges.push({label.root, label.node});
  });
}

struct ByBetter {
  static constexpr bool kThenAsRecords = true;
  bool operator()(const SimilarPair& a, const SimilarPair& b) const {
    return a.better_key != b.better_key ? a.better_key < b.better_key : a < b;
  }
  [[nodiscard]] u64 leading(const SimilarPair& pair) const { return pair.better_key; }
};

// Pairs whose better document was not dropped before. A dropped one is no witness.
Records<SimilarPair> without_dropped(Cluster& cluster, Sketches& sketches,
                                     const Records<u64>& dropped,
                                     const Records<SimilarPair>& similar) {
  Shuffle<SimilarPair, ByBetter> homeward(cluster, "minhash.to_dropped",
                                          cluster.budget.lease("minhash.to_dropped", 0.05));
  similar.for_each(
      [&](const SimilarPair& pair) { homeward.put(sketches.home(DocKey{pair.better_key}), pair); });
  Records<SimilarPair, ByBetter> here = homeward.finish();
  here.sort();
  Records<SimilarPair> left(cluster, "minhash.undecided",
                            cluster.budget.lease("minhash.undecided", 0.05));
  Ascending gone(dropped);
  here.for_each([&](const SimilarPair& pair) {
    if (!gone.has(pair.better_key)) left.push(pair);
  });
  return left;
}

}  // namespace

Verified MinHashDedup::verify(Cluster& cluster, Records<Candidate>&& candidates,
                              const Recollection& known, Sketches& sketches) const {
  if (!settings_.verify) {
    return {believe_candidates(cluster, std::move(candidates)),
            Records<ComparedPair>(cluster, "minhash.compared",
                                  cluster.budget.lease("minhash.compared", 0))};
  }
  if (known.stands()) {
    return verify_newcomers(cluster, settings_.similarity, std::move(candidates), known, sketches);
  }
  return verify_candidates(cluster, settings_.similarity, std::move(candidates), known.pairs(),
                           sketches);
}

void MinHashDedup::resolve(Cluster& cluster, Sketches& sketches, u32 step, Findings& findings) {
  const Recollection known(cluster, sketches, {pair_rule(), decision_rule(), decides_in_order()});
  Candidates candidates = [&] {
    const Ranking ranking(cluster, "minhash", keep_, sketches);
    return find_candidates(cluster, settings_.bands, ranking, sketches, known);
  }();
  const Verified verified = verify(cluster, std::move(candidates.pairs), known, sketches);
  if (known.stands()) {
    // Who was there is decided; who is fresh comes after them all.
    known.drops().for_each([&](Verdict drop) {
      drop.step = step;
      findings.drops.push(drop);
    });
    known.edges().for_each([&](const Edge& edge) { findings.edges.push(edge); });
    report_groups(cluster, verified.similar, findings.edges);
    drop_beside_witness(cluster, "minhash",
                        without_dropped(cluster, sketches, known.dropped(), verified.similar), step,
                        findings.drops);
  } else {
    report_groups(cluster, verified.similar, findings.edges);
    if (settings_.components) {
      drop_all_but_best(cluster, "minhash", verified.similar, step, findings.drops);
    } else {
      drop_beside_witness(cluster, "minhash", verified.similar, step, findings.drops);
    }
  }
  if (!settings_.verify) return;
  const u64 stand = known.stands() && cluster.control.is_root() ? known.remembered_pairs() : 0;
  findings.counts["pairs_recalled"] = verified.recalled + stand;
  findings.counts["pairs_compared"] = verified.compared_now;
  findings.counts["pairs_passed_over"] = verified.passed_over;
  if (PairMemory* memory = sketches.pairs()) {
    const Records<KnownDocument> documents =
        list_documents(cluster, sketches, candidates.decisive, findings.drops);
    memory->remember(cluster, {pair_rule(), decision_rule(), verified.compared, known.stands(),
                               documents, findings.drops, findings.edges});
  }
}

}  // namespace shardmill
