#include "jobs/run/run_counts.hpp"

#include "engine/batch/wire.hpp"

namespace shardmill {

void Tally::add_up(Communicator& control) {
  // Names differ from rank to rank: all get all of them first.
  std::string mine;
  WireWriter out(mine);
  for (const auto& [name, count] : counts_) {
    out.text(name);
    out.number(count);
  }
  std::map<std::string, u64> all;
  for (const std::string& bytes : control.all_gather(mine)) {
    for (WireReader in(bytes, "counters of a rank"); !in.done();) {
      const std::string name(in.text());
      all[name] += in.number();
    }
  }
  counts_ = std::move(all);
}

RunCounts Tally::counts(const Pipeline& pipeline) const {
  RunCounts counts;
  for (const std::string& label : dropping_steps(pipeline)) counts.dropped[label];
  for (const Step& step : pipeline.steps) {
    if (step.row && step.row->changes_text()) counts.changed[step.label];
    if (step.global && step.global->cuts_text()) {
      counts.changed[step.label];
      counts.cut_bytes[step.label];
    }
    if (!step.global || step.global->added_columns().empty()) continue;
    counts.joined[step.label] = {{"documents", 0}, {"with_several_rows", 0}};
  }
  for (const auto& [name, count] : counts_) {
    const std::size_t first = name.find('\n');
    const std::string what = name.substr(0, first);
    const std::string rest = first == std::string::npos ? "" : name.substr(first + 1);
    const std::size_t second = rest.find('\n');
    if (what == "in") counts.documents_in = count;
    if (what == "kept") counts.documents_kept = count;
    if (what == "duplicate_ids") counts.duplicate_ids = count;
    if (what == "exclude") counts.exclude[rest] = count;
    if (what == "contaminated") counts.contaminated = count;
    if (what == "text_bytes") counts.text_bytes_kept = count;
    if (what == "split") counts.splits[rest] = count;
    if (what == "tokens") counts.tokens[rest] = count;
    if (what == "mixture") {  // a value may have line feeds
      const std::size_t last = rest.rfind('\n');
      counts.mixture[rest.substr(0, last)][rest.substr(last + 1)] = count;
    }
    if (what == "source_tokens") {
      counts.source_tokens[rest.substr(0, second)][rest.substr(second + 1)] = count;
    }
    if (what == "changed") counts.changed[rest] = count;
    if (what == "cut_bytes") counts.cut_bytes[rest] = count;
    if (what == "joined") counts.joined[rest.substr(0, second)][rest.substr(second + 1)] = count;
    if (what == "dropped") counts.dropped[rest.substr(0, second)][rest.substr(second + 1)] = count;
    if (what == "source") counts.by_source[rest.substr(0, second)][rest.substr(second + 1)] = count;
  }
  return counts;
}

}  // namespace shardmill
