// What moved between ranks, and what memory each stage had.
#include "engine/observe/progress_text.hpp"
#include "jobs/report/amounts.hpp"
#include "jobs/report/markup.hpp"
#include "jobs/report/sections.hpp"

namespace shardmill {
namespace {

std::string cell(const std::string& content) {
  return "<td class=\"n\">" + escaped(content) + "</td>";
}

std::string head(const std::string& content) {
  return "<th class=\"n\">" + escaped(content) + "</th>";
}

std::string matrix(const Movement& movement) {
  std::string html =
      "<div class=\"scroll\"><table><caption>Bytes from rank (row) to rank (column), all "
      "exchanges</caption><thead><tr><th>from</th>";
  for (std::size_t to = 0; to < movement.matrix.size(); ++to) html += head(std::to_string(to));
  html += "</tr></thead><tbody>\n";
  for (std::size_t from = 0; from < movement.matrix.size(); ++from) {
    html += "<tr><th scope=\"row\">" + std::to_string(from) + "</th>";
    for (const u64 bytes : movement.matrix[from]) html += cell(bytes_text(bytes));
    html += "</tr>\n";
  }
  return html + "</tbody></table></div>\n";
}

}  // namespace

std::string movement_section(const Report& report) {
  const Movement& movement = report.movement;
  if (movement.exchanges.empty()) return "";
  std::string html =
      "<section><h2>Between ranks</h2>\n<div class=\"scroll\"><table><thead><tr><th>exchange</th>" +
      head("rows") + head("bytes") + head("to other ranks") + head("waiting, slowest rank") +
      head("fullest rank against mean") + "</tr></thead><tbody>\n";
  for (const ExchangeReport& exchange : movement.exchanges) {
    char imbalance[32];
    std::snprintf(imbalance, sizeof imbalance, "%.2f", exchange.imbalance(report.ranks));
    html += "<tr><th scope=\"row\">" + escaped(exchange.name) + "</th>" +
            cell(grouped(exchange.rows)) + cell(bytes_text(exchange.bytes)) +
            cell(bytes_text(exchange.bytes_between)) +
            cell(duration_text(exchange.seconds_waiting)) + cell(imbalance) + "</tr>\n";
  }
  html += "</tbody></table></div>\n";
  if (movement.matrix.size() > 1) html += matrix(movement);
  return html + "</section>\n";
}

std::string leases_section(const Report& report) {
  if (report.movement.leases.empty()) return "";
  std::string html =
      "<section><h2>Leases</h2>\n<p class=\"quiet\">The most memory that a stage could use on a "
      "rank; beyond it, it goes to scratch.</p>\n<div class=\"scroll\"><table><thead><tr>"
      "<th>stage</th>" +
      head("lease") + "</tr></thead><tbody>\n";
  for (const auto& [name, bytes] : report.movement.leases) {
    html +=
        "<tr><th scope=\"row\">" + escaped(name) + "</th>" + cell(bytes_text(bytes)) + "</tr>\n";
  }
  return html + "</tbody></table></div></section>\n";
}

}  // namespace shardmill
