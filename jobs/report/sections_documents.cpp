// What happened to the documents.
#include "jobs/report/amounts.hpp"
#include "jobs/report/chart.hpp"
#include "jobs/report/markup.hpp"
#include "jobs/report/sections.hpp"

namespace shardmill {
namespace {

// 400 sources with a dozen steps each are some 300 KB of page.
constexpr std::size_t kMostSources = 400;

double share(u64 part, u64 whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

std::string cell(const std::string& content) {
  return "<td class=\"n\">" + escaped(content) + "</td>";
}

std::string minus(u64 n) { return n == 0 ? "0" : "\xE2\x88\x92" + grouped(n); }

std::string key(const std::string& first, const std::string& second) {
  return "<p class=\"quiet\"><span class=\"key k\"></span>" + first +
         "<span class=\"key l\"></span>" + second + "</p>\n";
}

std::string source_rows(const SourceReport& source) {
  const double kept = share(source.kept, source.documents);
  std::string html = "<tr><th scope=\"row\">" + escaped(source.name) + "</th><td class=\"b\">" +
                     bar_svg({{0, kept, "kept"}, {kept, source.documents == 0 ? 0.0 : 1.0, "lost"}},
                             percent(source.removed(), source.documents) + " removed") +
                     "</td>" + cell(grouped(source.documents)) + cell(grouped(source.kept)) +
                     cell(percent(source.removed(), source.documents)) +
                     cell(grouped(source.quarantined)) + "</tr>\n";
  for (const auto& [step, documents] : source.dropped) {
    html += "<tr class=\"sub\"><th scope=\"row\">" + escaped(step) + "</th><td></td><td></td>" +
            cell(minus(documents)) + cell(percent(documents, source.documents)) +
            "<td></td></tr>\n";
  }
  if (source.tokens > 0) {
    html += "<tr class=\"sub\"><th scope=\"row\">tokens</th><td class=\"quiet\">" +
            ratio(source.text_bytes, source.tokens) + " bytes of text for each</td><td></td>" +
            cell(grouped(source.tokens)) + "<td></td><td></td></tr>\n";
  }
  return html;
}

}  // namespace

std::string funnel_section(const Report& report) {
  std::string html =
      "<section><h2>Documents, step by step</h2>\n" + key("left after the step", "dropped by it") +
      "<div class=\"scroll\"><table><thead><tr><th>step</th><th>share of all documents</th>"
      "<th class=\"n\">documents left</th><th class=\"n\">dropped</th><th class=\"n\">share</th>"
      "<th class=\"n\">bytes left</th></tr></thead><tbody>\n";
  for (const FunnelRow& row : funnel(report)) {
    const bool end = row.label == "in" || row.label == "kept";
    const double left = share(row.documents, report.documents_in);
    const double before = share(row.documents + row.dropped, report.documents_in);
    html += std::string(end ? "<tr class=\"end\">" : "<tr>") + "<th scope=\"row\">" +
            escaped(row.label) + "</th><td class=\"b\">" +
            bar_svg({{0, left, "kept"}, {left, before, "lost"}},
                    percent(row.documents, report.documents_in) + " of all documents left") +
            "</td>" + cell(grouped(row.documents)) + cell(end ? "" : minus(row.dropped)) +
            cell(end ? percent(row.documents, report.documents_in)
                     : percent(row.dropped, report.documents_in)) +
            cell(bytes_text(row.bytes)) + "</tr>\n";
  }
  return html +
         "</tbody></table></div>\n<p class=\"quiet\">Shares are of all documents in. Bytes are "
         "those "
         "of id, source, text and other fields.</p></section>\n";
}

std::string reasons_section(const Report& report) {
  std::string rows;
  for (const StepReport& step : report.steps) {
    for (const auto& [reason, documents] : step.reasons) {
      rows += "<tr><th scope=\"row\">" + escaped(step.label) + "</th><td>" + escaped(reason) +
              "</td>" + cell(grouped(documents)) + cell(percent(documents, report.documents_in)) +
              "</tr>\n";
    }
    if (step.changed == 0) continue;
    rows += "<tr><th scope=\"row\">" + escaped(step.label) + "</th><td class=\"quiet\">" +
            (step.cut_bytes > 0 ? "text cut by " + bytes_text(step.cut_bytes) : "text changed") +
            " (not dropped)</td>" + cell(grouped(step.changed)) +
            cell(percent(step.changed, report.documents_in)) + "</tr>\n";
  }
  if (rows.empty()) return "";
  return "<section><h2>Reasons</h2>\n<div class=\"scroll\"><table><thead><tr><th>step</th>"
         "<th>reason</th><th class=\"n\">documents</th><th "
         "class=\"n\">share</th></tr></thead><tbody>\n" +
         rows + "</tbody></table></div></section>\n";
}

std::string sources_section(const Report& report) {
  if (report.sources.empty()) return "";
  std::string html =
      "<section><h2>Sources</h2>\n" + key("kept", "dropped") +
      "<div class=\"scroll\"><table><thead><tr><th>source</th><th>share of its documents</th>"
      "<th class=\"n\">in</th><th class=\"n\">kept</th><th class=\"n\">removed</th>"
      "<th class=\"n\">unreadable</th></tr></thead><tbody>\n";
  for (const SourceReport& source : largest_sources(report, kMostSources)) {
    html += source_rows(source);
  }
  return html + "</tbody></table></div></section>\n";
}

std::string splits_section(const Report& report) {
  if (report.splits.empty()) return "";
  std::string html =
      "<section><h2>Splits</h2>\n<div class=\"scroll\"><table><thead><tr><th>split</th>"
      "<th>share of kept documents</th><th class=\"n\">documents</th><th class=\"n\">share</th>"
      "</tr></thead><tbody>\n";
  for (const auto& [name, documents] : report.splits) {
    const std::string shown = percent(documents, report.documents_kept);
    html += "<tr><th scope=\"row\">" + escaped(name) + "</th><td class=\"b\">" +
            bar_svg({{0, share(documents, report.documents_kept), "kept"}}, shown) + "</td>" +
            cell(grouped(documents)) + cell(shown) + "</tr>\n";
  }
  html += "</tbody></table></div>\n";
  if (!report.lineage.empty()) {
    html += "<p class=\"quiet\">" + grouped(report.lineage.at("groups")) +
            " groups by lineage hold " + grouped(report.lineage.at("documents")) +
            " documents; most kept ones of a group: " + grouped(report.lineage.at("largest_kept")) +
            ".</p>\n";
  }
  return html + "</section>\n";
}

}  // namespace shardmill
