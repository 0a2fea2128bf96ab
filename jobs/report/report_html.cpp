#include "jobs/report/report_html.hpp"

#include "engine/observe/progress_text.hpp"
#include "jobs/report/amounts.hpp"
#include "jobs/report/markup.hpp"
#include "jobs/report/report_style.hpp"
#include "jobs/report/sections.hpp"

namespace shardmill {
namespace {

constexpr std::string_view kScript = "<script type=\"application/json\" id=\"report\">";
constexpr std::string_view kScriptEnd = "</script>";

std::string title(const Report& report) {
  return escaped(report.dataset) +
         (report.dry_run ? ", dry run" : ", snapshot " + std::to_string(report.snapshot)) +
         (report.refused ? ", not published" : "");
}

// One number of the strip at the top.
std::string figure(const std::string& name, const std::string& value, const std::string& note) {
  return "<div><dt>" + name + "</dt><dd>" + escaped(value) +
         (note.empty() ? "" : "<small>" + escaped(note) + "</small>") + "</dd></div>\n";
}

std::string figures(const Report& report) {
  std::string html = "<dl class=\"figures\">\n";
  html += figure("documents in", grouped(report.documents_in), bytes_text(report.bytes_in()));
  html += figure(
      "kept", grouped(report.documents_kept),
      percent(report.documents_kept, report.documents_in) + ", " + bytes_text(report.bytes_kept()));
  html +=
      figure("dropped", grouped(report.dropped()), percent(report.dropped(), report.documents_in));
  if (report.failed_files > 0) {
    html += figure("unreadable files", grouped(report.failed_files), "see inputs in manifest.json");
  }
  html += figure("unreadable records", grouped(report.quarantined),
                 report.duplicate_ids > 0 ? grouped(report.duplicate_ids) + " repeated ids" : "");
  html += figure("time", duration_text(report.seconds),
                 std::to_string(report.ranks) + (report.ranks == 1 ? " rank" : " ranks"));
  if (const double rate = report.read_rate(); rate > 0 && report.text_bytes_read > 0) {
    html += figure("text read", rate_text(rate), rate_text(rate / report.ranks) + " per core");
  }
  return html + "</dl>\n";
}

// Behind the input's size, in lines of their own.
std::string notes(const Report& report) {
  std::string html;
  for (const std::string& note : {since_parent(report), ids_not_found(report)}) {
    if (!note.empty()) html += "<br/>" + escaped(note);
  }
  return html;
}

std::string alarms(const Report& report) {
  std::string html;
  for (const CheckReport& check : report.checks) {
    if (!check.failed()) continue;
    html += "<p class=\"warn\"><strong>" + escaped(check_sentence(check)) + "</strong></p>\n";
  }
  for (const SourceReport& source : report.sources) {
    if (!source.alarming()) continue;
    html += "<p class=\"warn\"><strong>" + escaped(source.name) +
            " lost more than 90 % of its documents</strong>: " + grouped(source.removed()) +
            " of " + grouped(source.documents) + " are gone.</p>\n";
  }
  for (const std::string& warning : report.warnings.first) {
    html += "<p class=\"warn\">" + escaped(warning) + "</p>\n";
  }
  if (const u64 more = report.warnings.count - report.warnings.first.size(); more > 0) {
    html += "<p class=\"warn\">" + grouped(more) + " more warnings: see the log</p>\n";
  }
  return html;
}

}  // namespace

std::string report_html(const Report& report) {
  std::string html =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
      "<meta name=\"color-scheme\" content=\"light dark\"/>\n<title>" +
      title(report) + "</title>\n<style>" + std::string(kReportStyle) +
      "</style>\n</head>\n<body>\n<header>\n<h1>" + title(report) + "</h1>\n<p class=\"quiet\">" +
      (report.parent ? "after snapshot " + std::to_string(*report.parent) + " &#183; " : "") +
      grouped(report.input_files) + (report.input_files == 1 ? " file, " : " files, ") +
      bytes_text(report.input_bytes) + notes(report) + "</p>\n<p><code>" +
      escaped(report.location) + "</code></p>\n" + figures(report) + alarms(report) +
      "</header>\n<main>\n";
  html += funnel_section(report) + checks_section(report) + reasons_section(report) +
          sources_section(report) + splits_section(report) + distributions_section(report) +
          groups_section(report) + contamination_section(report) + time_section(report) +
          memory_section(report) + movement_section(report) + leases_section(report) +
          shards_section(report);
  html += "</main>\n<footer><p>shardmill " + escaped(report.version) +
          (report.logical_digest.empty()
               ? ""
               : " &#183; logical digest <code>" + escaped(report.logical_digest) + "</code>") +
          "</p></footer>\n";
  html += kScript;
  html += json_for_script(report_json(report));
  html += kScriptEnd;
  return html + "\n</body>\n</html>\n";
}

std::string json_in_report(const std::string& html, const std::string& path) {
  const std::size_t begin = html.find(kScript);
  const std::size_t end = begin == std::string::npos ? begin : html.find(kScriptEnd, begin);
  if (end == std::string::npos) {
    throw DataError(path + ": not a report of this program: its numbers are missing");
  }
  return html.substr(begin + kScript.size(), end - begin - kScript.size());
}

}  // namespace shardmill
