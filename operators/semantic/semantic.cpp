#include "operators/semantic/semantic.hpp"

#include "cluster/agree.hpp"
#include "engine/batch/wire.hpp"
#include "engine/hash/hash.hpp"
#include "operators/dedup/decide.hpp"
#include "operators/nearest/cosine.hpp"

namespace shardmill {

SemanticSettings semantic_settings(const Settings& settings, const std::string& label) {
  SemanticSettings out;
  out.label = label;
  out.column = settings.text("column");
  out.name = settings.text("name");
  out.training = training_settings(settings);
  const Decimal threshold = settings.decimal("threshold");
  out.comparison.least = static_cast<i64>(
      (static_cast<u128>(threshold.numerator) * kMillion + threshold.denominator - 1) /
      threshold.denominator);
  out.comparison.probes = narrow<u32>(settings.integer("probes"));
  out.comparison.neighbours = narrow<u64>(settings.integer("neighbours"));
  out.components = settings.text("cluster") == "components";
  out.chain = settings.boolean("chain");
  out.keep = settings.list("keep");
  if (out.keep == std::vector<std::string>{"hard"}) out.order = CentroidOrder::farthest_first;
  if (out.keep == std::vector<std::string>{"easy"}) out.order = CentroidOrder::nearest_first;
  if (out.order) out.keep.clear();  // no part of a sketch
  return out;
}

SemanticDedup::SemanticDedup(SemanticSettings settings)
    : settings_(std::move(settings)), keep_(settings_.keep) {}

std::string SemanticDedup::place() const {
  return settings_.label + ": column `" + settings_.column + "`";
}

std::string SemanticDedup::sketch_settings() const {
  std::string bytes;
  WireWriter out(bytes);
  out.text(settings_.column);
  out.text(keep_.text());
  return bytes;
}

void SemanticDedup::sketch(const Batch& batch, std::string& out) {
  const Field* field = batch.field(settings_.column);
  for (std::size_t row = 0; row < batch.size(); ++row) {
    sketch_.clear();
    keep_.append(batch, row, sketch_);
    if (read_row(field, batch, row, place(), vector_)) append_unit(vector_, sketch_);
    WireWriter(out).text(sketch_);
  }
}

void SemanticDedup::make_recall_table(Cluster& cluster, const PairRecall& recall,
                                      Findings& findings) const {
  RecallRow row{.documents = recall.documents,
                .found = recall.found,
                .of = recall.of,
                .key = "probes",
                .value = settings_.comparison.probes};
  row.make_table(cluster, settings_.name, findings);
}

void SemanticDedup::resolve(Cluster& cluster, Sketches& sketches, u32 step, Findings& findings) {
  const SketchedVectors vectors(cluster, place(), keep_.bytes(), sketches);
  if (vectors.others_have_none()) {
    fail_together(DataError(
        place() + ": no document of `against` has a vector in it (one of zeros is none)"));
  }
  if (vectors.count() == 0) {
    vectors.warn_of_zeros(findings.warnings);
    return make_recall_table(cluster, {}, findings);
  }
  const BegunComparison begun{sketches.begun(), vectors.digest()};
  const auto similar = [&] {
    const Centroids centroids = train_centroids(cluster, settings_.training, vectors, begun.work);
    const u64 seed = seed_for("semantic", settings_.training.seed);
    make_recall_table(cluster,
                      measure_pair_recall(cluster, settings_.comparison, centroids, seed, vectors),
                      findings);
    if (settings_.order) {
      SketchesByCentroid ordered(cluster, centroids, *settings_.order, vectors, sketches);
      const Ranking ranking(cluster, "semantic", SketchesByCentroid::kPriorityBytes, ordered);
      return compare_in_clusters(cluster, settings_.comparison, centroids, ranking, ordered, begun);
    }
    const Ranking ranking(cluster, "semantic", keep_, sketches);
    return compare_in_clusters(cluster, settings_.comparison, centroids, ranking, sketches, begun);
  }();
  similar.for_each([&](const SimilarPair& pair) {
    if (DocKey{pair.better_key}.foreign()) return;
    findings.edges.push({pair.better_key, pair.worse_key});
  });
  if (settings_.components) {
    drop_all_but_best(cluster, "semantic", similar, step, findings.drops);
  } else if (settings_.chain) {
    drop_beside_better(cluster, "semantic", similar, step, findings.drops);
  } else {
    drop_beside_witness(cluster, "semantic", similar, step, findings.drops);
  }
}

}  // namespace shardmill
