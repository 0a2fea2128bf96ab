// How the run went: time, memory, files.
#include <algorithm>

#include "engine/observe/progress_text.hpp"
#include "jobs/report/amounts.hpp"
#include "jobs/report/chart.hpp"
#include "jobs/report/markup.hpp"
#include "jobs/report/sections.hpp"

namespace shardmill {
namespace {

constexpr std::size_t kMostRanks = 64;

std::string cell(const std::string& content) {
  return "<td class=\"n\">" + escaped(content) + "</td>";
}

double share(double part, double whole) { return whole > 0 ? part / whole : 0; }

}  // namespace

std::string time_section(const Report& report) {
  if (report.stages.empty()) return "";
  std::string html =
      "<section><h2>Time</h2>\n<div class=\"scroll\"><table><thead><tr><th>stage</th>"
      "<th>from start to end of the run</th><th class=\"n\">time of the slowest rank</th>"
      "<th class=\"n\">share</th></tr></thead><tbody>\n";
  double reached = 0;
  for (const StageReport& stage : report.stages) {
    const double part = share(stage.seconds, report.seconds);
    char text[32];
    std::snprintf(text, sizeof text, "%.1f %%", part * 100);
    html += "<tr><th scope=\"row\">" + escaped(stage.name) + "</th><td class=\"b\">" +
            bar_svg({{reached, reached + part, "kept"}}, std::string(text) + " of the run's time") +
            "</td>" + cell(duration_text(stage.seconds)) + cell(text) + "</tr>\n";
    reached += part;
  }
  html += "<tr class=\"end\"><th scope=\"row\">all</th><td></td>" +
          cell(duration_text(report.seconds)) + "<td></td></tr>\n</tbody></table></div>\n";
  return html + "<p class=\"quiet\">" + grouped(report.fragments_read) + " of " +
         grouped(report.fragments) + " fragments and " + grouped(report.steps_computed) +
         " comparing steps were computed in this run; the others were in the store" +
         (report.fragments_sketched == 0
              ? ""
              : ", of which steps looked at " + grouped(report.fragments_sketched) +
                    " fragments again") +
         ".</p></section>\n";
}

std::string memory_section(const Report& report) {
  if (report.peak_memory.empty()) return "";
  std::vector<std::size_t> ranks(report.peak_memory.size());
  for (std::size_t r = 0; r < ranks.size(); ++r) ranks[r] = r;
  const bool many = ranks.size() > kMostRanks;
  if (many) {
    std::stable_sort(ranks.begin(), ranks.end(), [&](std::size_t a, std::size_t b) {
      return report.peak_memory[a] > report.peak_memory[b];
    });
    ranks.resize(kMostRanks);
  }
  std::string html =
      "<section><h2>Memory</h2>\n<div class=\"scroll\"><table><caption>Budget of a rank: " +
      bytes_text(report.memory_budget) +
      (many ? "; the " + std::to_string(kMostRanks) + " ranks that used most of " +
                  grouped(report.peak_memory.size())
            : "") +
      "</caption><thead><tr><th>rank</th><th>share of the budget</th>"
      "<th class=\"n\">peak</th><th class=\"n\">share</th></tr></thead><tbody>\n";
  for (const std::size_t rank : ranks) {
    const u64 peak = report.peak_memory[rank];
    const double part = share(static_cast<double>(peak), static_cast<double>(report.memory_budget));
    const std::string host = rank < report.hosts.size() ? " on " + escaped(report.hosts[rank]) : "";
    html += "<tr><th scope=\"row\">" + std::to_string(rank) + "<span class=\"quiet\">" + host +
            "</span></th><td class=\"b\">" +
            bar_svg({{0, part, part > 1 ? "lost" : "kept"}},
                    percent(peak, report.memory_budget) + " of the budget") +
            "</td>" + cell(bytes_text(peak)) + cell(percent(peak, report.memory_budget)) +
            "</tr>\n";
  }
  return html + "</tbody></table></div></section>\n";
}

std::string shards_section(const Report& report) {
  if (report.shards.empty()) return "";
  std::string html = std::string("<section><h2>") +
                     (report.dry_run ? "Shards, if this were no dry run" : "Shards") +
                     "</h2>\n<div class=\"scroll\"><table><thead><tr><th>folder</th>"
                     "<th class=\"n\">files</th><th class=\"n\">rows</th>"
                     "<th class=\"n\">bytes</th></tr></thead><tbody>\n";
  for (const ShardsReport& shards : report.shards) {
    html += "<tr><th scope=\"row\"><code>" + escaped(shards.folder) + "</code></th>" +
            cell(grouped(shards.files)) + cell(grouped(shards.documents)) +
            cell(bytes_text(shards.bytes)) + "</tr>\n";
  }
  return html + "</tbody></table></div></section>\n";
}

}  // namespace shardmill
