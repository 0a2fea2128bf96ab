#include "operators/nearest/nearest_step.hpp"

#include <cstdlib>

#include "cluster/agree.hpp"
#include "engine/batch/wire.hpp"
#include "engine/exchange/partition.hpp"
#include "engine/exchange/shuffle.hpp"
#include "engine/hash/hash.hpp"
#include "operators/nearest/cosine.hpp"
#include "operators/read/json_text.hpp"

namespace shardmill {
namespace {

// The vectors of our documents, of theirs, or of both: sketches without the ids.
class VectorsOf final : public Sketches {
 public:
  enum class Whose : u8 { ours, theirs, all };
  VectorsOf(Sketches& sketches, Whose whose) : sketches_(sketches), whose_(whose) {}

  void for_each(const std::function<void(DocKey, std::string_view)>& f) override {
    sketches_.for_each([&](DocKey key, std::string_view sketch) {
      if (whose_ != Whose::all && key.foreign() != (whose_ == Whose::theirs)) return;
      WireReader(sketch, "a sketch").text();
      f(key, sketch.substr(sizeof(u64) + WireReader(sketch, "a sketch").number()));
    });
  }
  [[nodiscard]] Rank home(DocKey key) const override { return sketches_.home(key); }
  [[nodiscard]] std::string id_of(DocKey key) const override { return sketches_.id_of(key); }
  void for_each_text(Records<Wanted>& wanted,
                     const std::function<void(const Wanted&, std::string_view)>& f) override {
    sketches_.for_each_text(wanted, f);
  }

 private:
  Sketches& sketches_;
  Whose whose_;
};

// Who asks for the id of a neighbour, at the neighbour's home.
struct Asked {
  u64 key = 0;  // of theirs
  u64 document = 0;
  u64 place = 0;  // among its neighbours
  u64 distance = 0;
  auto operator<=>(const Asked&) const = default;
  [[nodiscard]] u64 leading() const { return key; }
};

void append_decimal(std::string& out, i64 millionths) {
  const auto size = static_cast<u64>(std::abs(millionths));
  if (millionths < 0) out += '-';
  out += std::to_string(size / kMillion) + ".";
  const std::string digits = std::to_string(size % kMillion);
  out.append(6 - digits.size(), '0').append(digits);
}

}  // namespace

NearestSettings nearest_settings(const Settings& settings, const std::string& label) {
  NearestSettings out;
  out.label = label;
  out.column = settings.text("column");
  out.name = settings.text("name");
  out.training = training_settings(settings);
  out.search = {narrow<u64>(settings.integer("k")), narrow<u32>(settings.integer("probes"))};
  return out;
}

std::string NearestStep::place() const {
  return settings_.label + ": column `" + settings_.column + "`";
}

void NearestStep::sketch(const Batch& batch, std::string& out) {
  const Field* field = batch.field(settings_.column);
  for (std::size_t row = 0; row < batch.size(); ++row) {
    sketch_.clear();
    WireWriter(sketch_).text(batch.key[row].foreign() ? batch.id[row] : std::string_view());
    if (read_row(field, batch, row, place(), vector_)) append_unit(vector_, sketch_);
    WireWriter(out).text(sketch_);
  }
}

void NearestStep::resolve(Cluster& cluster, Sketches& sketches, u32 /*step*/, Findings& findings) {
  using Whose = VectorsOf::Whose;
  VectorsOf all(sketches, Whose::all);
  (void)SketchedVectors(cluster, place(), 0, all);  // all of one length
  VectorsOf ours(sketches, Whose::ours);
  VectorsOf theirs(sketches, Whose::theirs);
  const SketchedVectors our_vectors(cluster, place(), 0, ours);
  const SketchedVectors their_vectors(cluster, place(), 0, theirs);
  if (their_vectors.count() == 0) {
    fail_together(DataError(
        place() + ": no document of `against` has a vector in it (one of zeros is none)"));
  }
  our_vectors.warn_of_zeros(findings.warnings);
  const Records<Neighbour> found =
      find_neighbours(cluster, settings_.search,
                      train_centroids(cluster, settings_.training, their_vectors, sketches.begun()),
                      our_vectors, their_vectors, sketches.begun());
  add_columns(cluster, sketches, found, findings);
  findings.kinds = {kSeenOther, kSeenOther};

  const NeighbourRecall recall =
      measure_recall(cluster, settings_.search.k, seed_for("semantic", settings_.training.seed),
                     our_vectors, their_vectors, found);
  RecallRow row{.documents = recall.documents,
                .found = recall.found,
                .of = recall.of,
                .key = "k",
                .value = settings_.search.k};
  row.make_table(cluster, settings_.name, findings);
}

void NearestStep::add_columns(Cluster& cluster, Sketches& sketches, const Records<Neighbour>& found,
                              Findings& findings) const {
  Shuffle<Asked> asking(cluster, "nearest.asked", cluster.budget.lease("nearest.asked", 0.05));
  u64 document = 0;
  u64 place = 0;
  found.for_each([&](const Neighbour& one) {
    if (one.document != document) place = 0;
    document = one.document;
    asking.put(sketches.home(DocKey{one.key}), {one.key, one.document, place++, one.distance});
  });
  Records<Asked> asked = asking.finish();
  asked.sort();

  RowShuffle answers(cluster, "nearest.ids", cluster.budget.lease("nearest.ids", 0.1));
  auto next = asked.cursor();
  const Asked* at = next.next();
  std::string key;
  std::string value;
  sketches.for_each([&](DocKey theirs, std::string_view sketch) {
    for (; at != nullptr && at->key == theirs.value; at = next.next()) {
      key.clear();
      append_sortable(key, at->document);
      append_sortable(key, at->place);
      value.clear();
      WireWriter(value).number(at->distance);
      value += WireReader(sketch, "a sketch").text();
      answers.put(owner_of(mix64(at->document), cluster.size()), key, value);
    }
  });
  Rows neighbours = answers.finish();
  neighbours.sort();

  auto row = neighbours.cursor();
  const Row* one = row.next();
  while (one != nullptr) {
    key.assign(one->key.substr(0, sizeof(u64)));
    std::string ids;
    std::string scores;
    for (; one != nullptr && one->key.starts_with(key); one = row.next()) {
      ids += ids.empty() ? '[' : ',';
      scores += scores.empty() ? '[' : ',';
      append_json_string(ids, one->payload.substr(sizeof(u64)));
      const u64 distance = WireReader(one->payload, "a neighbour").number();
      append_decimal(scores, millionths(cosine_of(distance)));
    }
    value.clear();
    WireWriter out(value);
    out.number(1);
    out.optional_text(ids += ']');
    out.optional_text(scores += ']');
    findings.added.push(key, value);
  }
}

}  // namespace shardmill
