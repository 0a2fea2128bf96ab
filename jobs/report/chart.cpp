#include "jobs/report/chart.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "jobs/report/amounts.hpp"
#include "jobs/report/markup.hpp"

namespace shardmill {
namespace {

// In units of the drawing; one is about a CSS pixel.
constexpr double kWidth = 720;
constexpr double kHeight = 270;
constexpr double kLeft = 84;
constexpr double kRight = 12;
constexpr double kTop = 20;
constexpr double kBottom = 48;
constexpr double kPlotWidth = kWidth - kLeft - kRight;
constexpr double kPlotHeight = kHeight - kTop - kBottom;

std::string number(double value) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.1f", value);
  return buffer;
}

// The y axis: what is drawn where.
class Scale {
 public:
  Scale(u64 largest, bool logarithmic) : logarithmic_(logarithmic) {
    if (logarithmic_) {
      for (u64 tick = 1; tick < largest && ticks_.size() < 20; tick *= 10) ticks_.push_back(tick);
      ticks_.push_back(ticks_.empty() ? 1 : ticks_.back() * 10);
      return;
    }
    // Steps of 1, 2 or 5 times a power of ten; three to five of them.
    u64 step = 1;
    for (u64 power = 1; step * 4 < largest; power *= 10) {
      for (const u64 factor : {1, 2, 5}) {
        step = power * factor;
        if (step * 4 >= largest) break;
      }
    }
    for (u64 tick = 0; tick < largest + step; tick += step) ticks_.push_back(tick);
  }
  [[nodiscard]] const std::vector<u64>& ticks() const { return ticks_; }
  // Share of the plot's height. On a logarithmic axis one stands clear of nothing.
  [[nodiscard]] double height(u64 value) const {
    const auto v = static_cast<double>(value);
    const auto top = static_cast<double>(ticks_.back());
    if (!logarithmic_) return v / top;
    return value == 0 ? 0 : std::log(2 * v) / std::log(2 * top);
  }

 private:
  bool logarithmic_;
  std::vector<u64> ticks_;
};

std::string text_at(double x, double y, const char* anchor, const std::string& text) {
  return "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\" text-anchor=\"" + anchor + "\">" +
         escaped(text) + "</text>\n";
}

std::string grid(const Scale& scale) {
  std::string svg;
  for (const u64 tick : scale.ticks()) {
    const double y = kTop + kPlotHeight * (1 - scale.height(tick));
    svg += "<line class=\"grid\" x1=\"" + number(kLeft) + "\" x2=\"" + number(kWidth - kRight) +
           "\" y1=\"" + number(y) + "\" y2=\"" + number(y) + "\"/>" +
           text_at(kLeft - 8, y + 4, "end", grouped(tick));
  }
  return svg;
}

std::string columns_svg(const Histogram& histogram, const Scale& scale) {
  std::string svg;
  const std::size_t count = histogram.columns.size();
  const double step = kPlotWidth / static_cast<double>(count);
  const double thickness = std::min(step * 0.86, 64.0);
  // Labels of about 52 units stay apart.
  const auto every = static_cast<std::size_t>(std::ceil(52 / step));
  for (std::size_t i = 0; i < count; ++i) {
    const ChartColumn& column = histogram.columns[i];
    const double middle = kLeft + step * (static_cast<double>(i) + 0.5);
    const double height =
        column.value == 0 ? 0 : std::max(1.5, kPlotHeight * scale.height(column.value));
    svg += "<rect class=\"kept\" x=\"" + number(middle - thickness / 2) + "\" y=\"" +
           number(kTop + kPlotHeight - height) + "\" width=\"" + number(thickness) +
           "\" height=\"" + number(height) + "\"><title>" +
           escaped(column.range + ": " + grouped(column.value)) + "</title></rect>\n";
    if (i % every == 0) {
      svg += text_at(middle, kTop + kPlotHeight + 17, "middle", column.label);
    }
  }
  return svg;
}

std::string numbers_table(const Histogram& histogram) {
  std::string html = "<details><summary>Numbers</summary><table><thead><tr><th>" +
                     escaped(histogram.x_title) + "</th><th class=\"n\">" +
                     escaped(histogram.y_title) + "</th></tr></thead><tbody>\n";
  for (const ChartColumn& column : histogram.columns) {
    html += "<tr><td>" + escaped(column.range) + "</td><td class=\"n\">" + grouped(column.value) +
            "</td></tr>\n";
  }
  return html + "</tbody></table></details>";
}

std::string description(const Histogram& histogram) {
  const auto most = std::max_element(
      histogram.columns.begin(), histogram.columns.end(),
      [](const ChartColumn& a, const ChartColumn& b) { return a.value < b.value; });
  return std::to_string(histogram.columns.size()) + " columns, from " +
         histogram.columns.front().range + " to " + histogram.columns.back().range +
         ". The highest is " + most->range + " with " + grouped(most->value) + " " +
         histogram.y_title + ". The table below has every number.";
}

}  // namespace

std::string histogram_svg(const Histogram& histogram) {
  if (histogram.columns.empty()) return "";
  u64 largest = 1;
  for (const ChartColumn& column : histogram.columns) largest = std::max(largest, column.value);
  const Scale scale(largest, histogram.logarithmic);
  const std::string id = escaped(histogram.id);
  std::string svg = "<figure id=\"" + id + "\"><figcaption>" + escaped(histogram.title) +
                    "</figcaption>\n<div class=\"scroll\"><svg class=\"chart\" viewBox=\"0 0 " +
                    number(kWidth) + " " + number(kHeight) + "\" role=\"img\" aria-labelledby=\"" +
                    id + "-title " + id + "-text\">\n<title id=\"" + id + "-title\">" +
                    escaped(histogram.title) + "</title><desc id=\"" + id + "-text\">" +
                    escaped(description(histogram)) + "</desc>\n";
  svg += grid(scale) + columns_svg(histogram, scale);
  svg += text_at(kLeft, 10, "start",
                 histogram.y_title + (histogram.logarithmic ? " (logarithmic)" : ""));
  svg += text_at(kWidth - kRight, kHeight - 6, "end", histogram.x_title);
  return svg + "</svg></div>\n" + numbers_table(histogram) + "</figure>\n";
}

std::string bar_svg(const std::vector<BarPart>& parts, const std::string& label) {
  std::string svg =
      "<svg class=\"bar\" viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\" role=\"img\" "
      "aria-label=\"" +
      escaped(label) + "\"><rect class=\"track\" width=\"100\" height=\"10\"/>";
  for (const BarPart& part : parts) {
    const double from = std::clamp(part.from, 0.0, 1.0) * 100;
    const double to = std::clamp(part.to, 0.0, 1.0) * 100;
    if (to <= from) continue;
    char buffer[96];
    // A sliver stays visible.
    std::snprintf(buffer, sizeof buffer, "x=\"%.3f\" width=\"%.3f\"", std::min(from, 99.6),
                  std::max(to - from, 0.4));
    svg += "<rect class=\"" + part.style + "\" " + buffer + " height=\"10\"/>";
  }
  return svg + "</svg>";
}

}  // namespace shardmill
