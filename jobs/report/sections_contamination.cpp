// What of which benchmark is in the documents, how it was found, and how much the search can miss.
#include <algorithm>
#include <set>

#include "jobs/report/amounts.hpp"
#include "jobs/report/contamination_report.hpp"
#include "jobs/report/markup.hpp"
#include "jobs/report/sections.hpp"

namespace shardmill {
namespace {

constexpr std::size_t kMostRows = 200;
constexpr std::size_t kMostExcerpts = 12;

class Table {
 public:
  explicit Table(const std::string& caption) {
    html_ = "<div class=\"scroll\"><table><caption>" + caption + "</caption><thead><tr>";
  }
  Table& head(const std::string& name, bool number = true) {
    html_ += std::string("<th") + (number ? " class=\"n\"" : "") + ">" + escaped(name) + "</th>";
    return *this;
  }
  Table& row(const std::string& name, bool quiet = false) {
    html_ += std::string(open_ ? "</tr>\n" : "</tr></thead><tbody>\n") +
             (quiet ? "<tr class=\"sub\">" : "<tr>") + "<th scope=\"row\">" + escaped(name) +
             "</th>";
    open_ = true;
    return *this;
  }
  Table& text(const std::string& value) {
    html_ += "<td>" + escaped(value) + "</td>";
    return *this;
  }
  Table& cell(const std::string& value) {
    html_ += "<td class=\"n\">" + escaped(value) + "</td>";
    return *this;
  }
  Table& cell(u64 value) { return cell(grouped(value)); }
  [[nodiscard]] std::string html() const {
    if (!open_) return "";
    return html_ + "</tr>\n</tbody></table></div>\n";
  }

 private:
  std::string html_;
  bool open_ = false;
};

std::string benchmark_table(const ContaminationReport& report) {
  Table table("Items of benchmarks");
  table.head("benchmark", false).head("items").head("dirty").head("share").head("of these common");
  table.head("partly").head("clean").head("unsearchable").head("longest, words");
  for (const auto& [name, counts] : report.benchmarks) {
    table.row(name).cell(counts.items).cell(counts.dirty);
    table.cell(percent(counts.dirty, counts.items)).cell(counts.common).cell(counts.partly);
    table.cell(counts.clean).cell(counts.unsearchable).cell(counts.longest);
  }
  return table.html();
}

std::string source_table(const ContaminationReport& report) {
  Table table("Where they are");
  table.head("benchmark", false).head("source", false).head("documents with an item");
  table.head("others with a part").head("items");
  std::size_t rows = 0;
  for (const ContaminationReport::Source& row : report.sources) {
    if (rows++ == kMostRows) break;
    table.row(row.benchmark).text(row.source).cell(row.dirty).cell(row.partly).cell(row.items);
  }
  return table.html();
}

// In the order of the rows.
template <class F>
std::vector<std::string> distinct(const std::vector<ContaminationReport::Planted>& rows,
                                  const F& of) {
  std::vector<std::string> values;
  for (const ContaminationReport::Planted& row : rows) {
    if (std::find(values.begin(), values.end(), of(row)) == values.end()) values.push_back(of(row));
  }
  return values;
}

std::string recall_of(const ContaminationReport& report, const std::string& kind,
                      const std::string& words, const std::string& score) {
  u64 planted = 0;
  u64 found = 0;
  for (const ContaminationReport::Planted& row : report.recall) {
    if (row.kind != kind || row.score != score || (!words.empty() && row.words != words)) continue;
    planted += row.planted;
    found += row.found;
  }
  return percent(found, planted);
}

std::string recall_table(const ContaminationReport& report) {
  if (report.recall.empty()) return "";
  const auto kinds = distinct(report.recall, [](const auto& row) { return row.kind; });
  std::vector<std::string> lengths =
      distinct(report.recall, [](const auto& row) { return row.words; });
  const auto scores = distinct(report.recall, [](const auto& row) { return row.score; });
  const std::set<std::string> sorted(lengths.begin(), lengths.end());
  Table table(
      "Items of these benchmarks that this run edited, planted in documents of this corpus, and "
      "found again");
  table.head("edit", false).head("found");
  for (const std::string& words : lengths) table.head(words + " words");
  for (const std::string& score : scores) {
    if (score != "decision") table.head("by " + score);
  }
  for (const std::string& kind : kinds) {
    const auto is_kind = [&](const auto& row) { return row.kind == kind; };
    const bool negative =
        std::find_if(report.recall.begin(), report.recall.end(), is_kind)->negative;
    table.row(kind + (negative ? " *" : ""), negative)
        .cell(recall_of(report, kind, "", "decision"));
    for (const std::string& words : lengths) {
      table.cell(recall_of(report, kind, words, "decision"));
    }
    for (const std::string& score : scores) {
      if (score != "decision") table.cell(recall_of(report, kind, "", score));
    }
  }
  const FoundShare share = found_share(report, "decision");
  const auto thousandths = [](double value) { return static_cast<u64>(value * 1000 + 0.5); };
  return table.html() +
         "<p class=\"quiet\">* leaves no copy of the item: what is found there is found wrongly. "
         "Over all kinds, each counted the same however many were planted, " +
         escaped(percent(thousandths(share.positive), 1000)) + " of the copies are found and " +
         escaped(percent(thousandths(share.negative), 1000)) + " of the others: a precision of " +
         escaped(percent(thousandths(share.precision()), 1000)) +
         " where both are equally many. Paraphrases and translations are not among the kinds: "
         "nothing here says how many of those are found.</p>\n";
}

std::string sweep_table(const ContaminationReport& report) {
  std::map<std::pair<u64, std::string>, std::pair<u64, u64>> sums;
  std::vector<std::string> scores;
  for (const ContaminationReport::Reached& row : report.sweep) {
    auto& [items, documents] = sums[{row.at_least, row.score}];
    items += row.items;
    documents += row.documents;
    if (std::find(scores.begin(), scores.end(), row.score) == scores.end()) {
      scores.push_back(row.score);
    }
  }
  Table table("Items whose best share is at least, by score, whatever decides");
  table.head("share of an item, per cent", false);
  for (const std::string& score : scores) table.head(score);
  u64 last = 0;
  for (const auto& [at, counts] : sums) {
    if (at.first != last) table.row(std::to_string(at.first));
    last = at.first;
    table.cell(counts.first);
  }
  return table.html();
}

std::string common_list(const ContaminationReport& report) {
  if (report.common.empty()) return "";
  std::string html =
      "<details><summary>Items that so many documents have that they may be common texts and no "
      "leak: " +
      grouped(report.common.size()) +
      (report.common.size() == ContaminationReport::kMostCommon ? " or more" : "") +
      "</summary><p>Look at them first. They drop nothing once the job says</p>\n<p><code>exempt: "
      "[";
  std::string separator;
  for (const ContaminationReport::Common& row : report.common) {
    html += separator + "&quot;" + escaped(row.item) + "&quot;";
    separator = ", ";
  }
  return html + "]</code></p></details>\n";
}

std::string excerpts(const ContaminationReport& report) {
  if (report.excerpts.empty()) return "";
  std::string html = "<h2>Items beside documents that have them</h2>\n";
  std::size_t shown = 0;
  for (const ContaminationReport::Excerpt& row : report.excerpts) {
    if (shown++ == kMostExcerpts) break;
    html += "<div class=\"pair\"><blockquote dir=\"auto\"><span class=\"id\">" + escaped(row.item) +
            "</span><br/>" + escaped(row.item_text) +
            "</blockquote><blockquote dir=\"auto\"><span class=\"id\">" + escaped(row.document) +
            "</span><br/><span class=\"quiet\">" + escaped(row.before) + "</span><mark>" +
            escaped(row.match) + "</mark><span class=\"quiet\">" + escaped(row.after) +
            "</span></blockquote></div>\n";
  }
  return html;
}

std::string contamination_html(const ContaminationReport& report) {
  std::string settings;
  for (const auto& [name, value] : report.settings) {
    settings += (settings.empty() ? "" : ", ") + name + ": " + value;
  }
  return "<section><h2>Contamination: " + escaped(report.label) + "</h2>\n<p class=\"quiet\">" +
         escaped(settings) + "</p>\n" + benchmark_table(report) + common_list(report) +
         source_table(report) + recall_table(report) + sweep_table(report) + excerpts(report) +
         "</section>\n";
}

}  // namespace

std::string contamination_section(const Report& report) {
  std::string html;
  for (const ContaminationReport& step : report.contamination) html += contamination_html(step);
  return html;
}

}  // namespace shardmill
