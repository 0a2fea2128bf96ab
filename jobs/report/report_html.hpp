// The report as one HTML page that needs nothing else: no script to read it, no network.
#pragma once

#include <string>

#include "jobs/report/report.hpp"

namespace shardmill {

// Well-formed as XML too. Light or dark as the reader's system is. The numbers are in the element
// <script type="application/json" id="report">, as report_json() writes them. Under 2 MB: of many
// sources or ranks, those with most documents or memory are listed and the others summed up.
[[nodiscard]] std::string report_html(const Report& report);

// The JSON in such a page; DataError naming `path` when there is none.
[[nodiscard]] std::string json_in_report(const std::string& html, const std::string& path);

}  // namespace shardmill
