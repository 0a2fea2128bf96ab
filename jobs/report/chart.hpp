// Charts as inline SVG: no script, no font, no reference to anything outside the page. Colours are
// CSS variables of the page.
#pragma once

#include <string>
#include <vector>

#include "cluster/types.hpp"

namespace shardmill {

// One column of a histogram.
struct ChartColumn {
  std::string label;  // below the axis
  std::string range;  // in full, for tooltip and table: "1 KiB to 2 KiB"
  u64 value = 0;
};

struct Histogram {
  std::string id;  // of the page's element
  std::string title;
  std::string x_title;  // with the unit
  std::string y_title;  // with the unit
  std::vector<ChartColumn> columns;
  bool logarithmic = false;  // the y axis
};

// A <figure>: title, SVG with title and description, and the numbers as a table that opens.
[[nodiscard]] std::string histogram_svg(const Histogram& histogram);

// A part of a bar; positions are shares of its whole length.
struct BarPart {
  double from = 0;
  double to = 0;
  std::string style;  // CSS class: "kept", "lost"
};
// A bar that fills a table cell. `label` says in words what it shows.
[[nodiscard]] std::string bar_svg(const std::vector<BarPart>& parts, const std::string& label);

}  // namespace shardmill
