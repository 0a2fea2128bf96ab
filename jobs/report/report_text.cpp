#include "jobs/report/report_text.hpp"

#include <algorithm>
#include <sstream>

#include "engine/observe/progress_text.hpp"
#include "jobs/report/amounts.hpp"

namespace shardmill {
namespace {

constexpr std::size_t kWidth = 80;
constexpr std::size_t kName = 34;  // the first column of a table
constexpr std::size_t kBar = 14;
constexpr std::size_t kMostWarnings = 5;  // of a summary

std::string bar(double share) {
  const auto full = static_cast<std::size_t>(std::clamp(share, 0.0, 1.0) * kBar + 0.5);
  return std::string(share > 0 ? std::max<std::size_t>(full, 1) : 0, '#');
}

std::string heading(const std::string& title, const std::string& note = "") {
  return "\n" + title + (note.empty() ? "" : std::string(2, ' ') + "(" + note + ")") + "\n";
}

// "  name      1,234,567    12.3 %", and more after it.
std::string row(const std::string& name, const std::string& amount, const std::string& share,
                const std::string& more = "") {
  std::string line = "  " + left(printable(name), kName) + right(amount, 15) + right(share, 11);
  if (!more.empty()) line += more;
  while (line.back() == ' ') line.pop_back();
  return line + "\n";
}

// Documents that a step cut pieces out of, and the bytes of these.
std::string cut_row(const Report& report, const StepReport& step) {
  return row("  cut by " + step.label, grouped(step.changed),
             percent(step.changed, report.documents_in),
             right("-" + bytes_text(step.cut_bytes), 14));
}

std::string funnel_text(const Report& report) {
  std::string text;
  for (const FunnelRow& step : funnel(report)) {
    const bool end = step.label == "in" || step.label == "kept";
    const u64 documents = end ? step.documents : step.dropped;
    const std::string sign = end || documents == 0 ? "" : "-";
    const u64 bytes = end ? step.bytes : step.dropped_bytes;
    text += row(end ? step.label : "  dropped by " + step.label, sign + grouped(documents),
                percent(documents, report.documents_in),
                right((end || bytes == 0 ? "" : "-") + bytes_text(bytes), 14));
  }
  return text;
}

std::string reasons_text(const Report& report) {
  std::string text;
  for (const StepReport& step : report.steps) {
    for (const auto& [reason, documents] : step.reasons) {
      text += row(step.label + ": " + reason, grouped(documents),
                  percent(documents, report.documents_in));
    }
    if (step.cut_bytes > 0) {
      text += cut_row(report, step);
    } else if (step.changed > 0) {
      text += row(step.label + ": text changed", grouped(step.changed),
                  percent(step.changed, report.documents_in), "  (not a drop)");
    }
  }
  return text.empty() ? "" : heading("Reasons") + text;
}

std::string sources_text(const Report& report) {
  if (report.sources.empty()) return "";
  const std::size_t name = 24;
  std::string text = heading("Sources") + "  " + left("", name) + right("in", 14) +
                     right("kept", 14) + right("removed", 11) + right("unreadable", 12) + "\n";
  for (const SourceReport& source : report.sources) {
    text += "  " + left(printable(source.name), name) + right(grouped(source.documents), 14) +
            right(grouped(source.kept), 14) +
            right(percent(source.removed(), source.documents), 11) +
            right(grouped(source.quarantined), 12) + "\n";
    for (const auto& [step, documents] : source.dropped) {
      text += "    " + left(printable("dropped by " + step), name + 12) +
              right("-" + grouped(documents), 14) +
              right(percent(documents, source.documents), 11) + "\n";
    }
    if (source.tokens > 0) {
      text += "    " + left("tokens, and bytes of text for each", name + 12) +
              right(grouped(source.tokens), 14) +
              right(ratio(source.text_bytes, source.tokens), 11) + "\n";
    }
    if (source.alarming()) {
      text += "  ! " + printable(source.name) + " lost more than 90 % of its documents\n";
    }
  }
  return text;
}

std::string splits_text(const Report& report) {
  std::string text = heading("Splits");
  for (const auto& [name, documents] : report.splits) {
    text += row(name, grouped(documents), percent(documents, report.documents_kept));
  }
  for (const auto& [name, tokens] : report.tokens) {
    text += row("tokens in " + name, grouped(tokens), "");
  }
  for (const auto& [value, counts] : report.mixture) {
    text += row("tokens of " + value, grouped(counts.at("published_tokens")),
                "from " + grouped(counts.at("tokens")));
  }
  if (!report.lineage.empty()) {
    text += row("groups by lineage", grouped(report.lineage.at("groups")), "") +
            row("documents in them", grouped(report.lineage.at("documents")), "");
    const u64 largest = report.lineage.at("largest_kept");
    text += row("kept of the largest", grouped(largest), percent(largest, report.documents_kept));
  }
  return report.splits.empty() ? "" : text;
}

std::string lengths_text(const Report& report) {
  const std::vector<u64>& counts = report.statistics.length_log2;
  if (counts.empty()) return "";
  const u64 most = *std::max_element(counts.begin(), counts.end());
  const auto first = std::find_if(counts.begin(), counts.end(), [](u64 n) { return n > 0; });
  std::string text = heading("Kept documents by size", "id, text and fields together");
  for (auto at = static_cast<std::size_t>(first - counts.begin()); at < counts.size(); ++at) {
    const std::string name = at == 0 ? "below 2 B" : "from " + bytes_text(u64{1} << at);
    text += row(name, grouped(counts[at]), percent(counts[at], report.documents_kept),
                "  " + bar(static_cast<double>(counts[at]) / static_cast<double>(most)));
  }
  return text;
}

std::string groups_text(const Report& report) {
  const Statistics& statistics = report.statistics;
  if (statistics.cluster_sizes_log2.empty()) return "";
  std::string text = heading("Groups of duplicates by size");
  for (const auto& [bucket, groups] : statistics.cluster_sizes_log2) {
    const u64 from = u64{1} << bucket;
    const std::string name =
        from == 2 ? "2 to 3 documents" : grouped(from) + " to " + grouped(2 * from - 1);
    text += row(name, grouped(groups), groups == 1 ? "group" : "groups");
  }
  return text;
}

std::string similarity_text(const Report& report) {
  const std::vector<ThresholdRow> rows = thresholds(report);
  if (rows.empty()) return "";
  std::string text = heading("Near-duplicates by similarity", "to their witness, at least");
  bool below = false;
  for (const ThresholdRow& threshold : rows) {
    below = below || threshold.below;
    std::string name = "similarity " + std::string(threshold.percent == 100 ? "1.00" : "0.") +
                       (threshold.percent == 100 ? "" : std::to_string(threshold.percent));
    text += row(name, grouped(threshold.documents),
                percent(threshold.documents, report.documents_in), threshold.below ? "  *" : "");
  }
  if (below) text += "  * below the job's own threshold, where this run did not look for more\n";
  return text;
}

// What a run says of it at its end.
std::string contamination_note(const ContaminationReport& step) {
  u64 items = 0;
  u64 dirty = 0;
  for (const auto& [name, benchmark] : step.benchmarks) {
    items += benchmark.items;
    dirty += benchmark.dirty;
  }
  std::string text = step.label + ": " + grouped(dirty) + " of " + grouped(items) +
                     " benchmark items stand in documents";
  if (step.recall.empty()) return text;
  const FoundShare share = found_share(step, "decision");
  const auto shown = [](double value) {
    return percent(static_cast<u64>(value * 1000 + 0.5), 1000);
  };
  return text + "; of planted copies, edited, it finds " + shown(share.positive) +
         ", with a precision of " + shown(share.precision());
}

std::string recall_note(const SearchRecall& recall) {
  return recall.label + " found " + percent(recall.found, recall.of) + " of " + grouped(recall.of) +
         (recall.label.starts_with("nearest") ? " neighbours" : " pairs") + " that " +
         grouped(recall.documents) + " documents have";
}

// Text in lines of kWidth columns, each after the same indent.
std::string wrapped(const std::string& text, std::size_t indent) {
  std::istringstream words(text);
  std::string result;
  std::string line;
  for (std::string word; words >> word;) {
    word = clipped(word, kWidth - indent);
    if (!line.empty() && indent + columns_of(line) + 1 + columns_of(word) > kWidth) {
      result += std::string(indent, ' ') + line + "\n";
      line.clear();
    }
    line += (line.empty() ? "" : " ") + word;
  }
  return line.empty() ? result : result + std::string(indent, ' ') + line + "\n";
}

// What of which benchmark was found; all of it is in contamination.json.
std::string contamination_text(const Report& report) {
  std::string text;
  for (const ContaminationReport& step : report.contamination) {
    text += heading("Benchmark items, " + step.label, "contamination.json has all of it");
    for (const auto& [name, benchmark] : step.benchmarks) {
      text += row(name, grouped(benchmark.items) + " items", grouped(benchmark.dirty) + " dirty",
                  right(grouped(benchmark.partly) + " partly", 14));
      if (benchmark.common > 0) {
        text += row("  dirty, perhaps common text", grouped(benchmark.common), "");
      }
      if (benchmark.unsearchable > 0) {
        text += row("  not searchable", grouped(benchmark.unsearchable), "");
      }
    }
    text += wrapped(contamination_note(step), 2);
  }
  return text;
}

std::string largest_text(const Report& report) {
  std::string text;
  u64 number = 0;
  for (const DuplicateGroup& group : report.statistics.groups) {
    text += "  " + std::to_string(++number) + ". " + grouped(group.size) + " documents, " +
            grouped(group.kept) + " kept\n";
    for (const GroupMember& member : group.members) {
      text += std::string("     ") + (member.kept ? "kept     " : "dropped  ") +
              clipped(printable(member.id + "  (" + member.source + ")"), kWidth - 14) + "\n" +
              wrapped(printable(member.excerpt), 14);
    }
  }
  return text.empty() ? "" : heading("Largest groups") + text;
}

std::string recalls_text(const Report& report) {
  std::string text;
  for (const SearchRecall& recall : report.recalls) text += wrapped(recall_note(recall), 2);
  return text.empty() ? "" : heading("Searches among vectors, measured on a sample") + text;
}

std::string stages_text(const Report& report) {
  std::string text = heading("Time");
  for (const StageReport& stage : report.stages) {
    const double share = report.seconds > 0 ? stage.seconds / report.seconds : 0;
    text += row(stage.name, duration_text(stage.seconds), "", "  " + bar(share));
  }
  text += row("all", duration_text(report.seconds), "");
  return text;
}

std::string speed_text(const Report& report) {
  const double rate = report.read_rate();
  if (rate <= 0 || report.text_bytes_read == 0) return "";
  return "read " + bytes_text(report.text_bytes_read) + " of text at " + rate_text(rate) +
         (report.ranks > 1 ? ", " + rate_text(rate / report.ranks) + " per core" : "");
}

std::string memory_text(const Report& report) {
  if (report.peak_memory.empty()) return "";
  const auto [least, most] =
      std::minmax_element(report.peak_memory.begin(), report.peak_memory.end());
  return heading("Memory per rank") + row("budget", bytes_text(report.memory_budget), "") +
         row("most used by a rank", bytes_text(*most), percent(*most, report.memory_budget)) +
         row("least used by a rank", bytes_text(*least), percent(*least, report.memory_budget));
}

std::string shards_text(const Report& report) {
  if (report.shards.empty()) return "";
  std::string text = heading(report.dry_run ? "Shards, if this were no dry run" : "Shards");
  for (const ShardsReport& shards : report.shards) {
    text += row(shards.folder, grouped(shards.documents) + " rows",
                grouped(shards.files) + (shards.files == 1 ? " file" : " files"),
                right(bytes_text(shards.bytes), 14));
  }
  return text;
}

std::string checks_text(const Report& report) {
  if (report.checks.empty()) return "";
  std::string text = heading("Checks");
  for (const CheckReport& check : report.checks) {
    const std::string outcome =
        check.failed() && check.only_warns ? "warning" : outcome_name(check.outcome);
    text += "  " + left(printable(check.name), kName) + left(outcome, 9) +
            (check.measured ? measured_text(check) + ", allowed " + allowed_text(check)
                            : printable(check.note)) +
            "\n";
    if (check.measured && !check.note.empty()) text += wrapped(printable(check.note), 4);
  }
  return text;
}

// So many of them, and where the others are.
std::string warnings_text(const Warnings& warnings, std::size_t most, const char* others) {
  const std::size_t shown = std::min(most, warnings.first.size());
  std::string text;
  for (std::size_t i = 0; i < shown; ++i) text += wrapped("! " + printable(warnings.first[i]), 2);
  if (warnings.count > shown) {
    text += "  ! " + grouped(warnings.count - shown) + " more: see the " + others + "\n";
  }
  return text;
}

std::string failed_checks_text(const Report& report) {
  std::string text;
  for (const CheckReport& check : report.checks) {
    if (check.failed()) text += "  ! " + printable(check_sentence(check)) + "\n";
  }
  return text;
}

std::string title(const Report& report) {
  return printable(report.dataset) +
         (report.dry_run ? ": dry run" : ": snapshot " + std::to_string(report.snapshot)) +
         (report.parent ? ", after " + std::to_string(*report.parent) : "") +
         (report.refused ? ", NOT PUBLISHED: checks failed" : "");
}

}  // namespace

std::string report_text(const Report& report) {
  std::string text = title(report) + "\n" + printable(report.location) + "\n";
  text += heading("Documents", std::to_string(report.input_files) + " files, " +
                                   bytes_text(report.input_bytes)) +
          funnel_text(report);
  if (report.failed_files > 0) text += row("unreadable files", grouped(report.failed_files), "");
  if (report.quarantined > 0) text += row("unreadable records", grouped(report.quarantined), "");
  if (report.duplicate_ids > 0) text += row("repeated ids", grouped(report.duplicate_ids), "");
  for (const std::string& note : {ids_not_found(report), since_parent(report)}) {
    if (!note.empty()) text += "\n" + wrapped(note, 2);
  }
  if (report.warnings.count > 0) {
    text += heading("Warnings") + warnings_text(report.warnings, SIZE_MAX, "log");
  }
  text += checks_text(report) + reasons_text(report) + sources_text(report) + splits_text(report) +
          lengths_text(report) + contamination_text(report) + recalls_text(report) +
          similarity_text(report) + groups_text(report) + largest_text(report) +
          shards_text(report) + stages_text(report);
  if (const std::string speed = speed_text(report); !speed.empty()) text += "  " + speed + "\n";
  text += "  " + grouped(report.fragments_read) + " of " + grouped(report.fragments) +
          " fragments read, the others were in the store" +
          (report.fragments_sketched == 0
               ? ""
               : ", " + grouped(report.fragments_sketched) + " sketched again") +
          "; " + std::to_string(report.ranks) + (report.ranks == 1 ? " rank\n" : " ranks\n");
  return text + memory_text(report) + "\nshardmill " + report.version + "\n";
}

std::string summary_text(const Report& report) {
  std::string text = "\n" + title(report) + "\n\n" + funnel_text(report);
  for (const StepReport& step : report.steps) {
    if (step.cut_bytes > 0) text += cut_row(report, step);
  }
  text += "\n" + wrapped(since_parent(report), 2) + wrapped(ids_not_found(report), 2);
  std::string splits;
  for (const auto& [name, documents] : report.splits) {
    splits += (splits.empty() ? "" : ", ") + name + " " + grouped(documents);
  }
  if (report.splits.size() > 1) text += wrapped("splits: " + printable(splits), 2);
  std::string tokens;
  for (const auto& [name, n] : report.tokens) {
    tokens += (tokens.empty() ? "" : ", ") + name + " " + grouped(n);
  }
  if (!tokens.empty()) text += wrapped("tokens: " + printable(tokens), 2);
  std::string mixture;
  for (const auto& [value, counts] : report.mixture) {
    mixture += (mixture.empty() ? "" : ", ") + value + " " +
               grouped(counts.at("published_tokens")) + " from " + grouped(counts.at("tokens"));
  }
  if (!mixture.empty()) text += wrapped("mixture, tokens: " + printable(mixture), 2);
  if (report.failed_files > 0) {
    text += "  " + grouped(report.failed_files) +
            (report.failed_files == 1 ? " unreadable file" : " unreadable files") +
            ": see inputs in manifest.json\n";
  }
  if (report.quarantined > 0) {
    text += "  " + grouped(report.quarantined) + " unreadable records: see quarantine.jsonl\n";
  }
  for (const SourceReport& source : report.sources) {
    if (!source.alarming()) continue;
    text += "  ! " + printable(source.name) + " lost more than 90 % of its documents\n";
  }
  for (const ContaminationReport& step : report.contamination) {
    text += wrapped(contamination_note(step), 2);
  }
  for (const SearchRecall& recall : report.recalls) text += wrapped(recall_note(recall), 2);
  text += warnings_text(report.warnings, kMostWarnings, "report") + failed_checks_text(report);
  const std::string speed = speed_text(report);
  if (!speed.empty()) text += "  " + speed + "\n";
  text += "  all in " + duration_text(report.seconds) + " on " + std::to_string(report.ranks) +
          (report.ranks == 1 ? " rank\n" : " ranks\n");
  u64 files = 0;
  u64 bytes = 0;
  for (const ShardsReport& shards : report.shards) {
    if (!shards.folder.starts_with("text/")) continue;
    files += shards.files;
    bytes += shards.bytes;
  }
  if (!report.dry_run) {
    text += "  shards: " + printable(report.location) + "/text  (" + grouped(files) +
            (files == 1 ? " file, " : " files, ") + bytes_text(bytes) + ")\n" +
            "  report: " + printable(report.location) + "/report.html\n";
  }
  return text;
}

}  // namespace shardmill
