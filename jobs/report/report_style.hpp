// How the report looks.
#pragma once

#include <string_view>

namespace shardmill {

// CSS without <, > and &: it stands in a page that is XML too. Text has a contrast of at least 4.5
// to its ground, marks of at least 3 (WCAG 2.1, AA), in both modes; blue and orange stay apart for
// every common colour blindness, and no colour says what no word says.
inline constexpr std::string_view kReportStyle = R"css(
:root { color-scheme: light dark; --ink: #1c2024; --quiet: #59616c; --paper: #fdfdfc;
  --line: #dfe1e5; --track: #e8eaed; --kept: #2563a8; --lost: #b8520c; --warn: #fdf1e7; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e3e6ea; --quiet: #a3abb6; --paper: #14171b; --line: #323840; --track: #272c33;
    --kept: #76aeea; --lost: #ee9550; --warn: #33241a; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); line-height: 1.5;
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif;
  font-variant-numeric: tabular-nums; }
main, header, footer { max-width: 58rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 2.5rem; }
h1 { font-size: 1.7rem; font-weight: 650; margin: 0; letter-spacing: -0.01em; }
h2 { font-size: 1.08rem; font-weight: 650; margin: 2.75rem 0 0.75rem; }
p { margin: 0.4rem 0; }
.quiet, footer, figcaption span { color: var(--quiet); }
code, .id { font: 0.87em/1.45 ui-monospace, "SF Mono", Consolas, "DejaVu Sans Mono", monospace;
  overflow-wrap: anywhere; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.2rem, 1fr)); gap: 1rem;
  margin: 1.6rem 0 0; padding: 1.1rem 0; border: solid var(--line); border-width: 1px 0; }
.figures dt { color: var(--quiet); font-size: 0.85rem; }
.figures dd { margin: 0; font-size: 1.35rem; font-weight: 600; line-height: 1.25; }
.figures small { display: block; font-size: 0.82rem; font-weight: 400; color: var(--quiet); }
.warn { background: var(--warn); border-left: 4px solid var(--lost); padding: 0.6rem 0.9rem;
  margin: 1.25rem 0 0; border-radius: 0 4px 4px 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; color: var(--quiet); padding-bottom: 0.35rem; }
th, td { text-align: left; padding: 0.34rem 0.9rem 0.34rem 0; vertical-align: baseline;
  border-bottom: 1px solid var(--line); }
th { font-weight: 500; color: var(--quiet); font-size: 0.85rem; }
th:last-child, td:last-child { padding-right: 0; }
tbody th { color: var(--ink); font-size: inherit; font-weight: 400; }
.n { text-align: right; white-space: nowrap; }
.b { width: 32%; min-width: 7rem; }
tr.end th, tr.end td { font-weight: 600; }
tr.sub th { padding-left: 1.3rem; color: var(--quiet); }
.bar { display: block; width: 100%; height: 0.72rem; border-radius: 2px; position: relative; top: 0.12rem; }
.track { fill: var(--track); } .kept { fill: var(--kept); } .lost { fill: var(--lost); }
.key { display: inline-block; width: 0.75rem; height: 0.75rem; border-radius: 2px; margin: 0 0.3rem 0 0.9rem;
  vertical-align: -0.06rem; }
.key.k { background: var(--kept); margin-left: 0; } .key.l { background: var(--lost); }
figure { margin: 0 0 2rem; } figcaption { margin-bottom: 0.5rem; font-weight: 500; }
.chart { display: block; width: 100%; min-width: 34rem; height: auto; }
.chart text { fill: var(--quiet); font-size: 12px; } .grid { stroke: var(--line); }
summary { cursor: pointer; color: var(--quiet); font-size: 0.87rem; padding: 0.25rem 0; }
details table { width: auto; min-width: 20rem; margin-top: 0.3rem; }
.group { margin: 0 0 1.4rem; padding: 0; list-style: none; }
.group li { border-left: 3px solid var(--line); padding: 0.1rem 0 0.1rem 0.85rem; margin: 0.7rem 0; }
.group li.k { border-color: var(--kept); } .group li.l { border-color: var(--lost); }
blockquote { margin: 0.25rem 0 0; overflow-wrap: anywhere; unicode-bidi: isolate; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(18rem, 1fr)); gap: 1rem;
  border-top: 1px solid var(--line); padding: 0.5rem 0; }
mark { background: var(--warn); color: inherit; border-bottom: 2px solid var(--lost); }
footer { padding-top: 2.5rem; padding-bottom: 3rem; font-size: 0.87rem; }
)css";

}  // namespace shardmill
