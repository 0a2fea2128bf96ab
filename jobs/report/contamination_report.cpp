#include "jobs/report/contamination_report.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <tuple>

#include "engine/batch/wire.hpp"

namespace shardmill {
namespace {

using Json = nlohmann::ordered_json;

// The values of one row by column.
class RowValues {
 public:
  RowValues(const Schema& columns, std::string_view payload) : columns_(columns) {
    WireReader in(payload, "a row of a table of items");
    while (values_.size() < columns.size()) values_.push_back(in.optional_text());
  }
  [[nodiscard]] std::string text(std::string_view column) const {
    return std::string(value(column).value_or(""));
  }
  [[nodiscard]] u64 number(std::string_view column) const {
    const auto found = value(column);
    return found ? std::stoull(std::string(*found)) : 0;
  }
  [[nodiscard]] bool boolean(std::string_view column) const { return value(column) == "true"; }

 private:
  [[nodiscard]] std::optional<std::string_view> value(std::string_view column) const {
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      if (columns_[c].name == column) return values_[c];
    }
    throw InternalError("a table of items has no column " + std::string(column));
  }
  const Schema& columns_;
  std::vector<std::optional<std::string_view>> values_;
};

// All rows of a small table, the same on every rank.
std::vector<std::string> rows_of(Communicator& control, const MadeTable* table) {
  std::string mine;
  if (table != nullptr) {
    table->rows.for_each(
        [&](std::string_view, std::string_view payload) { WireWriter(mine).text(payload); });
  }
  std::vector<std::string> rows;
  for (const std::string& theirs : control.all_gather(mine)) {
    for (WireReader in(theirs, "rows of a rank"); !in.done();) rows.emplace_back(in.text());
  }
  return rows;
}

void keep_most(std::vector<ContaminationReport::Common>& common) {
  std::sort(common.begin(), common.end(), [](const auto& a, const auto& b) {
    return a.documents != b.documents ? a.documents > b.documents : a.item < b.item;
  });
  common.resize(std::min(common.size(), ContaminationReport::kMostCommon));
}

// Items are too many to send: counts by benchmark, and the common ones.
void gather_items(Communicator& control, const MadeTable& table, ContaminationReport& report) {
  std::map<std::string, ContaminationReport::Benchmark> mine;
  std::vector<ContaminationReport::Common> common;
  table.rows.for_each([&](std::string_view, std::string_view payload) {
    const RowValues row(table.columns, payload);
    ContaminationReport::Benchmark& counts = mine[row.text("benchmark")];
    const std::string state = row.text("state");
    ++counts.items;
    ++(state == "dirty"    ? counts.dirty
       : state == "partly" ? counts.partly
       : state == "clean"  ? counts.clean
                           : counts.unsearchable);
    counts.longest = std::max(counts.longest, row.number("longest"));
    if (!row.boolean("common")) return;
    ++counts.common;
    common.push_back({row.text("benchmark") + "/" + row.text("item"), row.number("dirty")});
  });
  keep_most(common);
  std::string bytes;
  WireWriter out(bytes);
  out.number(mine.size());
  for (const auto& [name, counts] : mine) {
    out.text(name);
    for (const u64 number : {counts.items, counts.clean, counts.partly, counts.dirty,
                             counts.unsearchable, counts.common, counts.longest}) {
      out.number(number);
    }
  }
  for (const auto& item : common) {
    out.text(item.item);
    out.number(item.documents);
  }
  for (const std::string& theirs : control.all_gather(bytes)) {
    WireReader in(theirs, "items of a rank");
    for (u64 benchmarks = in.number(); benchmarks > 0; --benchmarks) {
      ContaminationReport::Benchmark& counts = report.benchmarks[std::string(in.text())];
      counts.items += in.number();
      counts.clean += in.number();
      counts.partly += in.number();
      counts.dirty += in.number();
      counts.unsearchable += in.number();
      counts.common += in.number();
      counts.longest = std::max(counts.longest, in.number());
    }
    while (!in.done()) {
      std::string item(in.text());
      report.common.push_back({std::move(item), in.number()});
    }
  }
  keep_most(report.common);
}

}  // namespace

ContaminationReport gather_contamination(Communicator& control,
                                         const std::vector<const MadeTable*>& made,
                                         const std::string& table) {
  const auto find = [&](const std::string& ending) {
    const auto at = std::find_if(made.begin(), made.end(),
                                 [&](const MadeTable* one) { return one->name == table + ending; });
    return at == made.end() ? nullptr : *at;
  };
  ContaminationReport report;
  if (find("") == nullptr) throw InternalError("no table of items named " + table);
  gather_items(control, *find(""), report);
  const auto each = [&](const std::string& ending, const auto& f) {
    const MadeTable* one = find(ending);
    for (const std::string& row : rows_of(control, one)) f(RowValues(one->columns, row));
  };
  each("_sources", [&](const RowValues& row) {
    report.sources.push_back({row.text("benchmark"), row.text("source"), row.number("dirty"),
                              row.number("partly"), row.number("items")});
  });
  each("_sweep", [&](const RowValues& row) {
    report.sweep.push_back({row.text("benchmark"), row.text("score"), row.number("at_least"),
                            row.number("items"), row.number("documents")});
  });
  each("_recall", [&](const RowValues& row) {
    report.recall.push_back({row.text("kind"), row.text("words"), row.text("score"),
                             row.boolean("negative"), row.number("planted"), row.number("found")});
  });
  each("_excerpts", [&](const RowValues& row) {
    report.excerpts.push_back({row.text("benchmark") + "/" + row.text("item"),
                               row.text("item_text"), row.text("document"), row.text("before"),
                               row.text("match"), row.text("after")});
  });
  // Rows come as ranks have them; planted ones are in their order already, from one rank.
  std::sort(report.sources.begin(), report.sources.end(), [](const auto& a, const auto& b) {
    return std::tie(a.benchmark, a.source) < std::tie(b.benchmark, b.source);
  });
  std::sort(report.sweep.begin(), report.sweep.end(), [](const auto& a, const auto& b) {
    return std::tie(a.benchmark, a.score, a.at_least) < std::tie(b.benchmark, b.score, b.at_least);
  });
  std::sort(report.excerpts.begin(), report.excerpts.end(),
            [](const auto& a, const auto& b) { return a.item < b.item; });
  return report;
}

FoundShare found_share(const ContaminationReport& report, const std::string& score) {
  std::map<std::pair<bool, std::string>, std::pair<u64, u64>> kinds;
  for (const ContaminationReport::Planted& row : report.recall) {
    if (row.score != score) continue;
    auto& [found, planted] = kinds[{row.negative, row.kind}];
    found += row.found;
    planted += row.planted;
  }
  const auto mean = [&](bool negative) {
    double sum = 0;
    double count = 0;
    for (const auto& [kind, counts] : kinds) {
      if (kind.first != negative) continue;
      sum += static_cast<double>(counts.first) / static_cast<double>(counts.second);
      ++count;
    }
    return count > 0 ? sum / count : 0;
  };
  return {mean(false), mean(true)};
}

std::string contamination_json(const ContaminationReport& report) {
  Json settings = Json::object();
  for (const auto& [name, value] : report.settings) settings[name] = value;
  Json benchmarks = Json::array();
  for (const auto& [name, counts] : report.benchmarks) {
    benchmarks.push_back({{"benchmark", name},
                          {"items", counts.items},
                          {"clean", counts.clean},
                          {"partly", counts.partly},
                          {"dirty", counts.dirty},
                          {"common", counts.common},
                          {"unsearchable", counts.unsearchable},
                          {"longest", counts.longest}});
  }
  Json sources = Json::array();
  for (const ContaminationReport::Source& row : report.sources) {
    sources.push_back({{"benchmark", row.benchmark},
                       {"source", row.source},
                       {"dirty", row.dirty},
                       {"partly", row.partly},
                       {"items", row.items}});
  }
  Json sweep = Json::array();
  for (const ContaminationReport::Reached& row : report.sweep) {
    sweep.push_back({{"benchmark", row.benchmark},
                     {"score", row.score},
                     {"at_least", row.at_least},
                     {"items", row.items},
                     {"documents", row.documents}});
  }
  Json recall = Json::array();
  for (const ContaminationReport::Planted& row : report.recall) {
    recall.push_back({{"kind", row.kind},
                      {"words", row.words},
                      {"score", row.score},
                      {"negative", row.negative},
                      {"planted", row.planted},
                      {"found", row.found}});
  }
  Json excerpts = Json::array();
  for (const ContaminationReport::Excerpt& row : report.excerpts) {
    excerpts.push_back({{"item", row.item},
                        {"item_text", row.item_text},
                        {"document", row.document},
                        {"before", row.before},
                        {"match", row.match},
                        {"after", row.after}});
  }
  Json common = Json::array();
  for (const ContaminationReport::Common& row : report.common) {
    common.push_back({{"item", row.item}, {"documents", row.documents}});
  }
  const FoundShare share = found_share(report, "decision");
  const Json json = {
      {"step", report.label},
      {"benchmarks_digest", report.digest},
      {"settings", settings},
      {"benchmarks", benchmarks},
      {"sources", sources},
      {"planted_recall", report.recall.empty() ? Json(nullptr) : Json(share.positive)},
      {"planted_precision", report.recall.empty() ? Json(nullptr) : Json(share.precision())},
      {"recall", recall},
      {"sweep", sweep},
      {"common_items", common},
      {"excerpts", excerpts}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace shardmill
