// The checks of the job, each with what was measured.
#include "jobs/report/markup.hpp"
#include "jobs/report/sections.hpp"

namespace shardmill {

std::string checks_section(const Report& report) {
  if (report.checks.empty()) return "";
  std::string html =
      "<section><h2>Checks</h2>\n<div class=\"scroll\"><table><thead><tr><th>check</th>"
      "<th>outcome</th><th>measured</th><th>allowed</th></tr></thead><tbody>\n";
  for (const CheckReport& check : report.checks) {
    const std::string outcome =
        check.failed() && check.only_warns ? "warning" : outcome_name(check.outcome);
    const std::string note = check.note.empty() ? "" : "<small>" + escaped(check.note) + "</small>";
    html += "<tr><th scope=\"row\">" + escaped(check.name) + "</th><td>" + outcome + "</td><td>" +
            escaped(measured_text(check)) + " " + note + "</td><td>" +
            escaped(allowed_text(check)) + "</td></tr>\n";
  }
  return html + "</tbody></table></div></section>\n";
}

}  // namespace shardmill
