#include "operators/dedup/minhash.hpp"

#include <cmath>

#include "engine/batch/wire.hpp"
#include "engine/hash/hash.hpp"
#include "engine/records/ascending.hpp"
#include "operators/dedup/candidates.hpp"
#include "operators/dedup/decide.hpp"

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

namespace {

// All documents at home here, for the next run.
Records<KnownDocument> list_documents(Cluster& cluster, Sketches& sketches,
                                      const Records<u64>& decisive) {
  Records<KnownDocument> all(cluster, "minhash.seen", cluster.budget.lease("minhash.seen", 0.02));
  Ascending matters(decisive);
  sketches.for_each_key([&](DocKey key) {
    all.push({key.value, matters.has(key.value) ? 1U : 0U});
  });
  return all;
}

}  // namespace

Records<SimilarPair> MinHashDedup::find_similar(Cluster& cluster, Sketches& sketches,
                                                Findings& findings) const {
  // The rest of what pairs depend on is in sketch_settings().
  const std::string by = "bucket_head " + std::to_string(settings_.bands.head);
  const Recollection known(cluster, sketches, by);
  Candidates candidates = [&] {
    const Ranking ranking(cluster, "minhash", keep_, sketches);
    return find_candidates(cluster, settings_.bands, ranking, sketches, known);
  }();
  if (!settings_.verify) return believe_candidates(cluster, std::move(candidates.pairs));
  Verified verified = verify_candidates(cluster, settings_.similarity, std::move(candidates.pairs),
                                        known.pairs(), sketches);
  findings.counts["pairs_recalled"] = verified.recalled;
  findings.counts["pairs_compared"] = verified.compared.size() - verified.recalled;
  if (PairMemory* memory = sketches.pairs()) {
    memory->remember(cluster, by, verified.compared,
                     list_documents(cluster, sketches, candidates.decisive));
  }
  return std::move(verified.similar);
}

void MinHashDedup::resolve(Cluster& cluster, Sketches& sketches, u32 step, Findings& findings) {
  const Records<SimilarPair> similar = find_similar(cluster, sketches, findings);
  similar.for_each([&](const SimilarPair& pair) {
    if (DocKey{pair.better_key}.foreign()) return;
    findings.edges.push({pair.better_key, pair.worse_key});
  });
  if (settings_.components) {
    drop_all_but_best(cluster, "minhash", similar, step, findings.drops);
  } else {
    drop_beside_witness(cluster, "minhash", similar, step, findings.drops);
  }
}

}  // namespace shardmill
