#include "operators/contamination/decontaminate.hpp"

#include <algorithm>
#include <tuple>

#include "cluster/agree.hpp"
#include "engine/batch/wire.hpp"
#include "engine/hash/hash.hpp"
#include "engine/store/file.hpp"
#include "operators/contamination/exempt_items.hpp"
#include "operators/contamination/item_tables.hpp"
#include "operators/contamination/planted_recall.hpp"
#include "operators/table/table_rows.hpp"

namespace shardmill {

namespace {

// What drops or cuts first, then by score; names and places make the order total.
bool is_better(const Match& a, const Match& b) {
  if (a.fate != b.fate) return a.fate < b.fate;
  const u64 left = a.score_num * b.score_den;
  const u64 right = b.score_num * a.score_den;
  if (left != right) return left > right;
  return std::tie(a.witness, a.begin, a.end) < std::tie(b.witness, b.begin, b.end);
}

void push_matches(DocKey document, const std::vector<ItemMatch>& matches, u32 step,
                  Findings& findings) {
  std::string key;
  std::string payload;
  for (std::size_t i = 0; i < matches.size(); ++i) {
    key.clear();
    append_sortable(key, document.value);
    append_sortable(key, i);
    payload.clear();
    append_match(matches[i].match, payload);
    findings.matches.push(key, payload);
  }
  if (matches.front().match.fate == Match::Fate::drops) {
    findings.drops.push({document, Verdict::kNoWitness, step, 0, 0, 0});
  }
}

// Thresholds have at most four decimals, so that products stay far below 2^64.
constexpr u64 kScale = 10'000;

u64 scaled(const Decimal& threshold) {
  return narrow<u64>(threshold.numerator) * kScale / threshold.denominator;
}

std::string vector_settings(const Settings& settings) {
  std::string text;
  WireWriter out(text);
  out.text(settings.text("embed"));
  out.text(settings.has("dimensions") ? std::to_string(settings.integer("dimensions")) : "");
  out.text(settings.decimal("smoothing").text());
  out.number(narrow<u64>(settings.integer("components")));
  for (const std::string& argument : settings.list("command")) out.text(argument);
  return text;
}

}  // namespace

DecontaminateSettings decontaminate_settings(const Settings& settings, const std::string& label) {
  DecontaminateSettings made;
  made.benchmarks.step = label;
  made.benchmarks.files = settings.list("against");
  made.benchmarks.source = table_source(settings, label);
  if (settings.has("question")) made.benchmarks.question = settings.text("question");
  if (settings.has("answer")) made.benchmarks.answer = settings.text("answer");
  if (settings.has("passage")) made.benchmarks.passage = settings.text("passage");
  if (settings.has("id")) made.benchmarks.id = settings.text("id");
  made.table = settings.text("name");
  made.scores.search.ngram = narrow<u32>(settings.integer("n"));
  made.scores.search.coverage = narrow<u32>(settings.integer("coverage_n"));
  for (const std::string& name : settings.list("decide")) {
    for (const auto& [known, score] : kScoreNames) {
      if (known == name) made.scores.decide.push_back(score);
    }
  }
  using Action = DecontaminateSettings::Action;
  const std::string& action = settings.text("action");
  made.action = action == "report"     ? Action::report
                : action == "cut_span" ? Action::cut_span
                                       : Action::drop_document;
  made.cut = {narrow<u64>(settings.integer("margin")), narrow<u64>(settings.integer("min_rest")),
              narrow<u64>(settings.integer("max_cuts"))};
  made.scores.aligned = scaled(settings.decimal("aligned"));
  made.scores.aligned_short = scaled(settings.decimal("aligned_short"));
  made.scores.part = scaled(settings.decimal("part"));
  made.scores.part_words = narrow<u64>(settings.integer("part_words"));
  made.scores.ngrams = narrow<u64>(settings.integer("ngrams"));
  made.scores.idf = scaled(settings.decimal("idf"));
  made.scores.coverage = scaled(settings.decimal("coverage"));
  if (settings.has("embed")) {
    made.scores.embedding = scaled(settings.decimal("embedding"));
    made.vector_settings = vector_settings(settings);
  }
  made.planted = narrow<u64>(settings.integer("planted"));
  made.exempt = settings.list("exempt");
  return made;
}

std::vector<std::string> Decontaminate::tables() const {
  std::vector<std::string> files = settings_.benchmarks.files;
  if (!vectors_) return files;
  for (const std::string& file : vectors_->files()) files.push_back(file);
  return files;
}

std::vector<std::string> Decontaminate::reasons() const {
  if (settings_.action == DecontaminateSettings::Action::report) return {};
  return {"contaminated"};
}

std::vector<TableKey> Decontaminate::made_tables() const {
  std::vector<TableKey> keys = ItemTables::keys(settings_.table);
  if (settings_.planted > 0) keys.push_back(PlantedRecall::key(settings_.table));
  return keys;
}

std::string Decontaminate::sketch_settings() const {
  std::string text;
  WireWriter out(text);
  out.text(settings_.benchmarks.question);
  out.text(settings_.benchmarks.answer);
  out.text(settings_.benchmarks.passage);
  out.text(settings_.benchmarks.id);
  out.number(static_cast<u64>(settings_.benchmarks.source.format));
  out.text(settings_.benchmarks.source.group);
  for (const auto& [field, type] : settings_.benchmarks.source.types) {
    out.text(field);
    out.number(static_cast<u64>(type));
  }
  out.number(settings_.scores.search.ngram);
  out.number(settings_.scores.search.coverage);
  out.text(settings_.vector_settings);
  return text;
}

std::string Decontaminate::built_index() const {
  std::vector<BenchmarkItem> items;
  for_each_item(settings_.benchmarks,
                [&](BenchmarkItem&& item) { items.push_back(std::move(item)); });
  return ItemIndex::build(std::move(items));
}

void Decontaminate::use(ArrayFile file) {
  index_ = std::make_unique<ItemIndex>(std::move(file));
  exempt_ = exempt_items(settings_.benchmarks.step, *index_, settings_.exempt);
  scores_ = std::make_unique<Scores>(*index_, settings_.scores);
  search_ = std::make_unique<ItemSearch>(*index_, settings_.scores.search);
}

ArrayFile Decontaminate::prepared(const std::filesystem::path& path, const std::string& tables,
                                  const std::function<std::string()>& make) const {
  if (std::optional<ArrayFile> file = ArrayFile::open(path)) return std::move(*file);
  const std::string built = make();
  // Else another night would find this file under the name of other benchmarks.
  if (table_digest(this->tables()) != tables) {
    throw DataError(settings_.benchmarks.step +
                    ": its benchmarks have changed since the run began; run again");
  }
  std::filesystem::create_directories(path.parent_path());
  write_file_atomically(path, built);
  if (std::optional<ArrayFile> file = ArrayFile::open(path)) return std::move(*file);
  return ArrayFile(built);
}

std::vector<std::filesystem::path> Decontaminate::prepare(const std::filesystem::path& folder,
                                                          const std::string& tables) {
  Hasher128 made_of;
  made_of.add_number(ItemIndex::kVersion).add_field(sketch_settings()).add_field(tables);
  const std::string name = "-" + made_of.digest().hex() + ".arrays";
  std::vector<std::filesystem::path> files = {folder / ("items" + name)};
  use(prepared(files[0], tables, [&] { return built_index(); }));
  if (vectors_) {
    files.push_back(folder / ("item-vectors" + name));
    vectors_->use(*index_, prepared(files[1], tables, [&] {
      return vectors_->build(*index_, settings_.benchmarks);
    }));
  }
  return files;
}

const ItemIndex& Decontaminate::index() {
  if (!index_) use(ArrayFile(built_index()));
  return *index_;
}

void Decontaminate::sketch(const Batch& batch, std::string& out) {
  (void)index();
  if (vectors_ && !vectors_->is_ready()) {
    vectors_->use(*index_, ArrayFile(vectors_->build(*index_, settings_.benchmarks)));
  }
  std::string hits;
  FoundItems found;
  for (std::size_t row = 0; row < batch.size(); ++row) {
    hashes_.clear();
    append_word_ids(batch.text[row], words_, hashes_, &places_);
    found.clear();
    found.hits = search_->find(hashes_);
    if (vectors_) vectors_->look(batch.id[row], batch.text[row], found.hits);
    for (const ItemHit& hit : found.hits) {
      found.bytes.push_back(bytes_of(hit.span, batch.text[row], words_, places_));
    }
    found.source = batch.source[row];
    hits.clear();
    found.append_to(hits);
    WireWriter(out).text(hits);
  }
}

ItemMatch Decontaminate::match(Score score, const ItemHit& hit, ByteSpan bytes) const {
  const std::string_view witness = index_->name(hit.item);
  const bool exempt = std::binary_search(exempt_.begin(), exempt_.end(), hit.item);
  const Share said = scores_->share(score, hit);
  using Action = DecontaminateSettings::Action;
  const Match::Fate fate = exempt || settings_.action == Action::report ? Match::Fate::evidence
                           : settings_.action == Action::cut_span       ? Match::Fate::changes
                                                                        : Match::Fate::drops;
  return {{.fate = fate,
           .witness = witness,
           .detector = name_of(score),
           .reason = exempt ? "exempt" : "contaminated",
           .begin = bytes.begin,
           .end = bytes.end,
           .score_num = said.num,
           .score_den = said.den},
          hit.span};
}

std::vector<ItemMatch> Decontaminate::matches(
    const FoundItems& found, const std::vector<std::optional<Score>>& decisions) const {
  std::vector<ItemMatch> matches;
  for (std::size_t i = 0; i < decisions.size(); ++i) {
    if (decisions[i]) matches.push_back(match(*decisions[i], found.hits[i], found.bytes[i]));
  }
  std::sort(matches.begin(), matches.end(),
            [](const ItemMatch& a, const ItemMatch& b) { return is_better(a.match, b.match); });
  return matches;
}

void Decontaminate::cut(Cluster& cluster, Sketches& sketches, const Rows& sketched, u32 step,
                        Findings& findings) {
  const std::string lease = settings_.benchmarks.step + ".cut";
  Records<Wanted> wanted(cluster, lease, cluster.budget.lease(lease, 0.02));
  sketched.for_each([&](std::string_view key, std::string_view) {
    wanted.push({DocKey{read_sortable(key)}, 0});
  });
  auto rows = sketched.cursor();
  FoundItems found;
  sketches.for_each_text(wanted, [&](const Wanted& one, std::string_view text) {
    found.read(rows.next()->payload);
    std::vector<ItemMatch> list = matches(found, scores_->decisions(found.hits));
    cut_spans(text, settings_.cut, words_, list);
    push_matches(one.key, list, step, findings);
  });
}

void Decontaminate::resolve(Cluster& cluster, Sketches& sketches, u32 step, Findings& findings) {
  agree_all(cluster.control, [&] { (void)index(); });
  const std::string& label = settings_.benchmarks.step;
  ItemTables tables(cluster, label, *index_, *scores_, sources_);
  PlantedRecall recall(cluster, label, settings_.planted);
  u64 documents = 0;
  // Where items are cut out, the words around them decide: that needs the text.
  Rows to_cut(cluster, label + ".to_cut", cluster.budget.lease(label + ".to_cut", 0.05));
  std::string key;
  agree_all(cluster.control, [&] {
    FoundItems found;
    sketches.for_each([&](DocKey document, std::string_view sketch) {
      ++documents;
      found.read(sketch);
      if (std::none_of(found.hits.begin(), found.hits.end(),
                       [&](const ItemHit& hit) { return scores_->counts(hit); })) {
        recall.offer(document);
      }
      if (found.empty()) return;
      const std::vector<std::optional<Score>> decisions = scores_->decisions(found.hits);
      tables.add(document, found, decisions);
      const std::vector<ItemMatch> list = matches(found, decisions);
      if (list.empty()) return;
      if (list.front().match.fate != Match::Fate::changes) {
        return push_matches(document, list, step, findings);
      }
      key.clear();
      append_sortable(key, document.value);
      to_cut.push(key, sketch);
    });
    cut(cluster, sketches, to_cut, step, findings);
  });
  if (const u64 without = vectors_ ? vectors_->items_without() : 0; without > 0) {
    findings.warnings.push_back(label + ": of " + std::to_string(index_->size()) + " items " +
                                std::to_string(without) +
                                " have no vector: the score `embedding` cannot find them");
  }
  const std::vector<ShownItem> shown = tables.finish(documents, settings_.table, findings);

  ItemTexts texts(*index_, settings_.planted, shown);
  agree_all(cluster.control, [&] { texts.read(settings_.benchmarks); });
  show_excerpts(cluster, sketches, shown, *index_, texts, settings_.table, findings);
  if (settings_.planted == 0) return;
  recall.measure(sketches, *index_, *scores_, *search_, vectors_.get(), texts, settings_.table,
                 findings);
}

}  // namespace shardmill
