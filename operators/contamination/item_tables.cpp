#include "operators/contamination/item_tables.hpp"

#include <algorithm>
#include <set>

#include "cluster/agree.hpp"
#include "engine/algorithm/reduce_by_key.hpp"
#include "engine/batch/wire.hpp"
#include "operators/contamination/planting.hpp"
#include "operators/table/aggregate_step.hpp"

namespace shardmill {

namespace {

std::string_view benchmark_in(std::string_view name) { return name.substr(0, name.find('/')); }

std::vector<std::string> benchmarks_in(const ItemIndex& index) {
  std::set<std::string, std::less<>> names;
  const auto add = [&](std::string_view name) { names.emplace(benchmark_in(name)); };
  for (u32 item = 0; item < index.size(); ++item) {
    for (const std::string_view name : index.names(item)) add(name);
  }
  for (const std::string_view name : index.unsearchable()) add(name);
  return {names.begin(), names.end()};
}

}  // namespace

TableRow& TableRow::text(std::string_view value) {
  WireWriter(payload_).optional_text(value);
  return *this;
}
TableRow& TableRow::number(u64 value) { return text(std::to_string(value)); }
TableRow& TableRow::boolean(bool value) { return text(value ? "true" : "false"); }
TableRow& TableRow::absent() {
  WireWriter(payload_).optional_text(std::nullopt);
  return *this;
}
void TableRow::push(const std::vector<std::optional<std::string_view>>& key, Rows& table) {
  table.push(aggregate_row_id(key), payload_);
  payload_.clear();
}

ItemTables::ItemTables(Cluster& cluster, const std::string& label, const ItemIndex& index,
                       const Scores& scores, std::vector<std::string> sources)
    : cluster_(cluster),
      label_(label),
      index_(index),
      scores_(scores),
      sources_(std::move(sources)),
      benchmarks_(benchmarks_in(index)),
      found_(cluster, label + ".hits", cluster.budget.lease(label + ".hits", 0.1)),
      documents_(benchmarks_.size() * kScores * kSteps),
      items_(documents_.size()) {}

std::vector<TableKey> ItemTables::keys(const std::string& name) {
  return {{name, {"benchmark", "item"}},
          {name + "_sources", {"benchmark", "source"}},
          {name + "_sweep", {"benchmark", "score", "at_least"}},
          {name + "_excerpts", {"benchmark", "item"}}};
}

u32 ItemTables::benchmark_of(std::string_view name) const {
  const auto at = std::lower_bound(benchmarks_.begin(), benchmarks_.end(), benchmark_in(name));
  return narrow<u32>(at - benchmarks_.begin());
}

u32 ItemTables::steps_reached(Score score, const ItemHit& hit) const {
  const Share share = scores_.share(score, hit);
  u32 steps = 0;
  while (steps < kSteps && 100 * share.num >= (50 + 5 * u64{steps}) * share.den) ++steps;
  return steps;
}

void ItemTables::add(DocKey document, const FoundItems& found,
                     const std::vector<std::optional<Score>>& decisions) {
  struct InDocument {
    bool dirty = false;
    bool counts = false;  // not only near
    std::array<u64, kScores> steps = {};
  };
  std::map<u32, InDocument> benchmarks;
  for (std::size_t i = 0; i < decisions.size(); ++i) {
    const ItemHit& hit = found.hits[i];
    const bool dirty = decisions[i].has_value();
    const bool counts = scores_.counts(hit);
    ItemSummary summary{.key = u64{hit.item} << 32 | found.source};
    if (counts) {
      ++(dirty ? summary.dirty : summary.partly);
      summary.run = hit.run;
      summary.weight = hit.weight;
      if (dirty) summary.detector = static_cast<u64>(*decisions[i]);
      summary.document = document.value;
      summary.begin = found.bytes[i].begin;
      summary.end = found.bytes[i].end;
    }
    for (const auto& [name, score] : scores_.names()) {
      summary.steps[static_cast<std::size_t>(score)] = steps_reached(score, hit);
    }
    found_.push(summary);
    for (const std::string_view name : index_.names(hit.item)) {
      InDocument& benchmark = benchmarks[benchmark_of(name)];
      benchmark.dirty |= dirty;
      benchmark.counts |= counts;
      for (std::size_t s = 0; s < kScores; ++s) {
        benchmark.steps[s] = std::max(benchmark.steps[s], summary.steps[s]);
      }
    }
  }
  for (const auto& [benchmark, said] : benchmarks) {
    if (said.counts) {
      SourceCounts& counts = by_source_[{benchmark, found.source}];
      ++(said.dirty ? counts.dirty : counts.partly);
    }
    for (std::size_t s = 0; s < kScores; ++s) {
      for (u64 step = 0; step < said.steps[s]; ++step) {
        ++documents_[(benchmark * kScores + s) * kSteps + step];
      }
    }
  }
}

std::vector<ShownItem> ItemTables::finish(u64 documents, const std::string& name,
                                          Findings& findings) {
  documents = cluster_.control.all_sum(documents);
  const auto by_key = [](const ItemSummary& summary) { return summary.key; };
  const auto add = [](ItemSummary& into, const ItemSummary& other) { into.add(other); };

  Records<ItemSummary> all(cluster_, label_ + ".items",
                           cluster_.budget.lease(label_ + ".items", 0.1));
  reduce_by_key(cluster_, label_ + ".by_source", std::move(found_), by_key, add)
      .for_each([&](ItemSummary summary) {
        for (const std::string_view item : index_.names(summary.item())) {
          if (summary.dirty > 0) ++by_source_[{benchmark_of(item), summary.source()}].items;
        }
        summary.key &= ~u64{UINT32_MAX};
        all.push(summary);
      });
  // Every item has a row, whether it was found or not.
  for (u64 item = cluster_.rank().value; item < index_.size(); item += cluster_.size()) {
    all.push({.key = item << 32});
  }

  // By name, as shards have columns.
  Rows& table = findings.make_table(name, {{"benchmark", Type::utf8},
                                           {"common", Type::boolean},
                                           {"detector", Type::utf8},
                                           {"dirty", Type::int64},
                                           {"document", Type::utf8},
                                           {"item", Type::utf8},
                                           {"longest", Type::int64},
                                           {"partly", Type::int64},
                                           {"same_as", Type::utf8},
                                           {"score_den", Type::int64},
                                           {"score_num", Type::int64},
                                           {"state", Type::utf8},
                                           {"words", Type::int64}});
  std::vector<ShownItem> mine;
  reduce_by_key(cluster_, label_ + ".by_item", std::move(all), by_key, add)
      .for_each([&](const ItemSummary& summary) {
        const bool common =
            summary.dirty > kCommonDocuments && summary.dirty * kCommonShare > documents;
        for (const std::string_view item : index_.names(summary.item())) {
          item_row(&summary, item, common, table);
          const std::size_t row = benchmark_of(item) * kScores;
          for (std::size_t s = 0; s < kScores; ++s) {
            for (u64 step = 0; step < summary.steps[s]; ++step) {
              ++items_[(row + s) * kSteps + step];
            }
          }
        }
        if (summary.dirty > 0 && !common) {
          mine.push_back(
              {summary.dirty, summary.item(), {summary.document}, {summary.begin, summary.end}});
        }
      });
  if (cluster_.control.is_root()) {
    for (const std::string_view item : index_.unsearchable()) item_row(nullptr, item, false, table);
  }
  source_table(name + "_sources", findings);
  sweep_table(name + "_sweep", findings);

  // Items have the order of their names.
  const auto first = [](std::vector<ShownItem>& shown) {
    std::sort(shown.begin(), shown.end(), [](const ShownItem& a, const ShownItem& b) {
      return a.documents != b.documents ? a.documents > b.documents : a.item < b.item;
    });
    shown.resize(std::min(shown.size(), kMostShown));
  };
  first(mine);
  std::string bytes;
  WireWriter(bytes).array(mine);
  std::vector<ShownItem> shown;
  for (const std::string& theirs : cluster_.control.all_gather(bytes)) {
    std::vector<ShownItem> list;
    WireReader(theirs, "items of a rank").array(list);
    shown.insert(shown.end(), list.begin(), list.end());
  }
  first(shown);
  return shown;
}

void ItemTables::item_row(const ItemSummary* summary, std::string_view name, bool common,
                          Rows& table) {
  const std::string_view benchmark = benchmark_in(name);
  const std::string_view item = name.substr(benchmark.size() + 1);
  TableRow row;
  if (summary == nullptr) {
    row.text(benchmark)
        .absent()
        .absent()
        .absent()
        .absent()
        .text(item)
        .absent()
        .absent()
        .absent()
        .absent()
        .absent();
    row.text("unsearchable").absent();
  } else {
    const WeightedWords words = index_.words(summary->item());
    const bool is_hit = summary->document != UINT64_MAX;
    const auto of_hit = [&](u64 value) { is_hit ? row.number(value) : row.absent(); };
    row.text(benchmark).boolean(common);
    const bool decided = summary->detector != ItemSummary::kNoScore;
    decided ? row.text(kScoreNames[summary->detector].first) : row.absent();
    row.number(summary->dirty);
    is_hit ? row.text(DocKey{summary->document}.text()) : row.absent();
    row.text(item);
    of_hit(summary->run);
    row.number(summary->partly);
    const std::string_view first = index_.names(summary->item()).front();
    first == name ? row.absent() : row.text(first);
    of_hit(words.total);
    of_hit(summary->weight);
    row.text(summary->dirty > 0                  ? "dirty"
             : summary->partly > 0               ? "partly"
             : index_.has_seeds(summary->item()) ? "clean"
                                                 : "unsearchable");
    row.number(words.words.size());
  }
  row.push({benchmark, item}, table);
}

void ItemTables::source_table(const std::string& name, Findings& findings) {
  Rows& table = findings.make_table(name, {{"benchmark", Type::utf8},
                                           {"dirty", Type::int64},
                                           {"items", Type::int64},
                                           {"partly", Type::int64},
                                           {"source", Type::utf8}});
  std::string mine;
  WireWriter out(mine);
  for (const auto& [at, counts] : by_source_) {
    for (const u64 number :
         {u64{at.first}, u64{at.second}, counts.dirty, counts.partly, counts.items}) {
      out.number(number);
    }
  }
  std::map<std::pair<u32, u32>, SourceCounts> all;
  for (const std::string& theirs : cluster_.control.all_gather(mine)) {
    for (WireReader in(theirs, "counts of a rank"); !in.done();) {
      const u32 benchmark = narrow<u32>(in.number());
      SourceCounts& counts = all[{benchmark, narrow<u32>(in.number())}];
      counts.dirty += in.number();
      counts.partly += in.number();
      counts.items += in.number();
    }
  }
  if (!cluster_.control.is_root()) return;
  TableRow row;
  for (const auto& [at, counts] : all) {
    const std::string& benchmark = benchmarks_[at.first];
    const std::string& source = sources_[at.second];
    row.text(benchmark).number(counts.dirty).number(counts.items).number(counts.partly);
    row.text(source).push({benchmark, source}, table);
  }
}

void ItemTables::sweep_table(const std::string& name, Findings& findings) {
  Rows& table = findings.make_table(name, {{"at_least", Type::int64},
                                           {"benchmark", Type::utf8},
                                           {"documents", Type::int64},
                                           {"items", Type::int64},
                                           {"score", Type::utf8}});
  documents_ = cluster_.control.all_sum(documents_);
  items_ = cluster_.control.all_sum(items_);
  if (!cluster_.control.is_root()) return;
  TableRow row;
  std::size_t at = 0;
  for (const std::string& benchmark : benchmarks_) {
    for (const auto& [score, known] : kScoreNames) {
      if (known == Score::embedding && scores_.names().size() < kScores) {
        at += kSteps;
        continue;
      }
      for (std::size_t step = 0; step < kSteps; ++step, ++at) {
        const std::string percent = std::to_string(50 + 5 * step);
        row.text(percent).text(benchmark).number(documents_[at]).number(items_[at]).text(score);
        row.push({benchmark, score, percent}, table);
      }
    }
  }
}

Rows& ItemTables::make_excerpts(const std::string& name, Findings& findings) {
  return findings.make_table(name + "_excerpts", {{"after", Type::utf8},
                                                  {"before", Type::utf8},
                                                  {"benchmark", Type::utf8},
                                                  {"document", Type::utf8},
                                                  {"item", Type::utf8},
                                                  {"item_text", Type::utf8},
                                                  {"match", Type::utf8}});
}

void ItemTables::add_excerpt(const ShownItem& shown, std::string_view item_name,
                             std::string_view item_text, std::string_view document,
                             Rows& excerpts) {
  constexpr std::size_t kAround = 200;
  constexpr std::size_t kMost = 1000;
  const auto [begin, end] = shown.bytes;
  if (begin > end || end > document.size()) throw InternalError("an item outside its document");
  std::string_view before = document.substr(0, begin);
  if (before.size() > kAround) before.remove_prefix(before.size() - kAround);
  while (!before.empty() && (static_cast<unsigned char>(before.front()) & 0xC0U) == 0x80U) {
    before.remove_prefix(1);
  }
  const std::string_view benchmark = benchmark_in(item_name);
  const std::string_view item = item_name.substr(benchmark.size() + 1);
  TableRow row;
  row.text(cut_text(document.substr(end), kAround)).text(before).text(benchmark);
  row.text(shown.document.text()).text(item).text(cut_text(item_text, kMost));
  row.text(cut_text(document.substr(begin, end - begin), kMost));
  row.push({benchmark, item}, excerpts);
}

}  // namespace shardmill
