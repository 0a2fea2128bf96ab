#include "operators/contamination/planted_recall.hpp"

#include "cluster/agree.hpp"
#include "engine/algorithm/top_k.hpp"

namespace shardmill {
namespace {

constexpr std::size_t kColumns = kScoreNames.size() + 2;  // planted, decision, each score

}  // namespace

ItemTexts::ItemTexts(const ItemIndex& index, u64 planted, const std::vector<ShownItem>& shown) {
  for (const std::string& name : planted_names(index, planted)) texts_.emplace(name, "");
  for (const ShownItem& item : shown) texts_.emplace(index.name(item.item), "");
}

void ItemTexts::read(const BenchmarkFiles& benchmarks) {
  if (texts_.empty()) return;
  for_each_item(benchmarks, [&](BenchmarkItem&& item) {
    const auto at = texts_.find(item.benchmark + "/" + item.id);
    if (at != texts_.end()) at->second = std::move(item.text);
  });
}

const std::string& ItemTexts::of(const std::string& name) const {
  const auto at = texts_.find(name);
  if (at == texts_.end()) throw InternalError("the text of " + name + " was not read");
  return at->second;
}

void show_excerpts(Cluster& cluster, Sketches& sketches, const std::vector<ShownItem>& shown,
                   const ItemIndex& index, const ItemTexts& texts, const std::string& name,
                   Findings& findings) {
  Rows& table = ItemTables::make_excerpts(name, findings);
  const std::string lease = findings.step + ".shown";
  Records<Wanted> wanted(cluster, lease, cluster.budget.lease(lease, 0.01));
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const DocKey key = shown[i].document;
    if (sketches.home(key) == cluster.rank()) wanted.push({key, i});
  }
  wanted.sort();
  agree_all(cluster.control, [&] {
    sketches.for_each_text(wanted, [&](const Wanted& one, std::string_view text) {
      const ShownItem& item = shown[one.tag];
      const std::string item_name(index.name(item.item));
      ItemTables::add_excerpt(item, item_name, texts.of(item_name), text, table);
    });
  });
}

PlantedRecall::PlantedRecall(Cluster& cluster, const std::string& label, u64 planted)
    : cluster_(cluster),
      label_(label),
      planted_(planted),
      hosts_(cluster, label + ".hosts", cluster.budget.lease(label + ".hosts", 0.05)) {}

void PlantedRecall::offer(DocKey document) {
  if (planted_ == 0) return;
  const std::string ordinal = std::to_string(document.ordinal());
  const std::string offset = std::to_string(document.offset());
  hosts_.push({draw_number({"host", ordinal, offset}), document.value});
}

std::vector<std::optional<std::string>> PlantedRecall::beginnings_here(
    Sketches& sketches, const std::vector<Host>& hosts) {
  std::vector<std::optional<std::string>> beginnings(std::max<std::size_t>(hosts.size(), 1));
  // Without any document an item stands alone.
  if (hosts.empty() && cluster_.control.is_root()) beginnings[0] = "";
  const std::string lease = label_ + ".wanted";
  Records<Wanted> wanted(cluster_, lease, cluster_.budget.lease(lease, 0.01));
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    const DocKey key{hosts[i].key};
    if (sketches.home(key) == cluster_.rank()) wanted.push({key, i});
  }
  wanted.sort();
  sketches.for_each_text(wanted, [&](const Wanted& host, std::string_view text) {
    beginnings[host.tag] = cut_text(text, kHostBytes);
  });
  return beginnings;
}

void PlantedRecall::measure(Sketches& sketches, const ItemIndex& index, const Scores& scores,
                            ItemSearch& search, ItemVectors* vectors, const ItemTexts& texts,
                            const std::string& name, Findings& findings) {
  const auto text_of = [&](const std::string& item) -> const std::string& {
    return texts.of(item);
  };
  u64 plants = 0;
  for_each_plant(index, planted_, text_of, [&](const Plant&) { ++plants; });
  const std::vector<Host> hosts = top_k(cluster_, label_ + ".hosts", std::move(hosts_),
                                        std::min(plants, kMostHosts), std::less<Host>());

  // By kind, class of words, and what is counted.
  std::vector<u64> counts(kPlantKinds.size() * kLengthClasses.size() * kColumns);
  WordScanner scanner;
  std::vector<u64> ids;
  std::vector<ItemHit> hits;
  const auto words_in = [&](std::string_view text) {
    ids.clear();
    append_word_ids(text, scanner, ids);
    return u64{ids.size()};
  };
  const auto look = [&](const Plant& plant, u64 number, std::string_view host) {
    u64* count = &counts[(plant.kind * kLengthClasses.size() + plant.length_class) * kColumns];
    ++count[0];
    ids.clear();
    const PlantedText there = plant_in(host, plant.text, number);
    append_word_ids(there.text, scanner, ids);
    hits = search.find(ids);
    if (vectors != nullptr) {
      const u64 before = words_in(std::string_view(there.text).substr(0, there.begin));
      const u64 words = words_in(plant.text);
      vectors->look(
          "", there.text, hits,
          ItemVectors::Part{plant.item, {narrow<u32>(before), narrow<u32>(before + words)}});
    }
    const auto decisions = scores.decisions(hits);
    for (std::size_t i = 0; i < hits.size(); ++i) {
      if (hits[i].item != plant.item) continue;
      if (decisions[i]) ++count[1];
      for (const auto& [score_name, score] : scores.names()) {
        if (scores.finds(score, hits[i])) ++count[2 + static_cast<std::size_t>(score)];
      }
    }
  };
  agree_all(cluster_.control, [&] {
    // By host; nothing: it is at home elsewhere.
    const std::vector<std::optional<std::string>> beginnings = beginnings_here(sketches, hosts);
    u64 number = 0;
    for_each_plant(index, planted_, text_of, [&](const Plant& plant) {
      const auto& host = beginnings[number % beginnings.size()];
      if (host) look(plant, number, *host);
      ++number;
    });
    if (vectors != nullptr) vectors->finish();
  });

  counts = cluster_.control.all_sum(counts);
  Rows& table = findings.make_table(key(name).name, {{"found", Type::int64},
                                                     {"kind", Type::utf8},
                                                     {"negative", Type::boolean},
                                                     {"planted", Type::int64},
                                                     {"score", Type::utf8},
                                                     {"words", Type::utf8}});
  if (!cluster_.control.is_root()) return;
  TableRow row;
  const u64* count = counts.data();
  for (const PlantKind& kind : kPlantKinds) {
    for (const LengthClass& words : kLengthClasses) {
      for (std::size_t column = 1; column < scores.names().size() + 2 && count[0] > 0; ++column) {
        const std::string_view score = column == 1 ? "decision" : kScoreNames[column - 2].first;
        row.number(count[column]).text(kind.name).boolean(kind.negative).number(count[0]);
        row.text(score).text(words.name).push({kind.name, words.name, score}, table);
      }
      count += kColumns;
    }
  }
}

}  // namespace shardmill
