// What the documents are like: sizes, groups, similarity.
#include <cstdio>

#include "jobs/report/amounts.hpp"
#include "jobs/report/chart.hpp"
#include "jobs/report/markup.hpp"
#include "jobs/report/sections.hpp"

namespace shardmill {
namespace {

std::string lengths_chart(const Report& report) {
  const std::vector<u64>& counts = report.statistics.length_log2;
  Histogram histogram{.id = "lengths",
                      .title = "Kept documents by size",
                      .x_title = "bytes of id, source, text and other fields, doubling",
                      .y_title = "documents",
                      .columns = {}};
  for (std::size_t b = 0; b < counts.size(); ++b) {
    if (histogram.columns.empty() && counts[b] == 0) continue;
    const std::string from = b == 0 ? "0 B" : bytes_text(u64{1} << b);
    histogram.columns.push_back({from, from + " to " + bytes_text(u64{1} << (b + 1)), counts[b]});
  }
  return histogram_svg(histogram);
}

std::string sizes_chart(const Report& report) {
  const std::map<u64, u64>& counts = report.statistics.cluster_sizes_log2;
  if (counts.empty()) return "";
  Histogram histogram{.id = "groups",
                      .title = "Groups of duplicates by size",
                      .x_title = "documents in a group, kept and dropped, doubling",
                      .y_title = "groups",
                      .columns = {},
                      .logarithmic = true};
  for (u64 b = counts.begin()->first; b <= counts.rbegin()->first; ++b) {
    const auto at = counts.find(b);
    const u64 from = u64{1} << b;
    const std::string range = grouped(from) + "\xE2\x80\x93" + grouped(2 * from - 1);
    histogram.columns.push_back({grouped(from), range, at == counts.end() ? 0 : at->second});
  }
  return histogram_svg(histogram);
}

std::string similarity_chart(const Report& report) {
  const auto& counts = report.statistics.similarity_percent;
  std::size_t first = 0;
  while (first < counts.size() && counts[first] == 0) ++first;
  if (first == counts.size()) return "";
  // Whole tens at the left, so that the same job looks the same every night.
  first -= first % 10;
  Histogram histogram{.id = "similarity",
                      .title = "Near-duplicates by similarity to their witness",
                      .x_title = "similarity in per cent, rounded down",
                      .y_title = "documents dropped",
                      .columns = {}};
  for (std::size_t p = first; p < counts.size(); ++p) {
    histogram.columns.push_back({std::to_string(p), std::to_string(p) + " %", counts[p]});
  }
  return histogram_svg(histogram);
}

std::string threshold_table(const Report& report) {
  const std::vector<ThresholdRow> rows = thresholds(report);
  if (rows.empty()) return "";
  std::string html =
      "<div class=\"scroll\"><table><caption>Near-duplicates by the similarity to their "
      "witness, at least</caption><thead><tr><th>similarity</th><th>share of all documents</th>"
      "<th class=\"n\">documents</th><th class=\"n\">share</th></tr></thead><tbody>\n";
  bool below = false;
  for (const ThresholdRow& row : rows) {
    below = below || row.below;
    char threshold[16];
    std::snprintf(threshold, sizeof threshold, "%u.%02u", row.percent / 100, row.percent % 100);
    const std::string share = percent(row.documents, report.documents_in);
    html +=
        "<tr><th scope=\"row\">" + std::string(threshold) + (row.below ? " *" : "") +
        "</th><td class=\"b\">" +
        bar_svg({{0, static_cast<double>(row.documents) / static_cast<double>(report.documents_in),
                  "lost"}},
                share) +
        "</td><td class=\"n\">" + grouped(row.documents) + "</td><td class=\"n\">" +
        escaped(share) + "</td></tr>\n";
  }
  html += "</tbody></table></div>\n";
  if (below) {
    html +=
        "<p class=\"quiet\">* below the job's own threshold, where this run did not look for "
        "more.</p>\n";
  }
  return html;
}

std::string member(const GroupMember& member) {
  return std::string("<li class=\"") + (member.kept ? "k" : "l") + "\"><strong>" +
         (member.kept ? "kept" : "dropped") + "</strong> <span class=\"id\">" + escaped(member.id) +
         "</span> <span class=\"quiet\">" + escaped(member.source) +
         "</span><blockquote dir=\"auto\">" + escaped(member.excerpt) + "</blockquote></li>\n";
}

}  // namespace

std::string distributions_section(const Report& report) {
  const std::string similarity = similarity_chart(report) + threshold_table(report);
  std::string html = lengths_chart(report) + sizes_chart(report);
  if (!html.empty()) html = "<section><h2>Sizes</h2>\n" + html + "</section>\n";
  if (!similarity.empty()) {
    html += "<section><h2>Similarity</h2>\n" + similarity + "</section>\n";
  }
  return html;
}

std::string groups_section(const Report& report) {
  if (report.statistics.groups.empty()) return "";
  std::string html = "<section><h2>Largest groups</h2>\n";
  for (const DuplicateGroup& group : report.statistics.groups) {
    html += "<p>" + grouped(group.size) + " documents, " + grouped(group.kept) +
            " kept</p>\n<ul class=\"group\">\n";
    for (const GroupMember& one : group.members) html += member(one);
    html += "</ul>\n";
  }
  return html + "</section>\n";
}

}  // namespace shardmill
