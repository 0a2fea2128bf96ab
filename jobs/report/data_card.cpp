#include "jobs/report/data_card.hpp"

#include "engine/observe/progress_text.hpp"
#include "jobs/report/amounts.hpp"

namespace shardmill {
namespace {

// A cell of a table: names may hold what Markdown takes for its own.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    if (std::string_view("|\\`*_<>[]").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string line(const std::vector<std::string>& cells) {
  std::string text = "|";
  for (const std::string& one : cells) text += " " + one + " |";
  return text + "\n";
}

std::string table(const std::vector<std::string>& head, const std::string& rows) {
  std::string text = line(head) + "|";
  for (std::size_t i = 0; i < head.size(); ++i) text += i == 0 ? "---|" : "---:|";
  return text + "\n" + rows + "\n";
}

std::string size_category(u64 documents) {
  static const std::vector<std::pair<u64, const char*>> bounds = {{1'000, "n<1K"},
                                                                  {10'000, "1K<n<10K"},
                                                                  {100'000, "10K<n<100K"},
                                                                  {1'000'000, "100K<n<1M"},
                                                                  {10'000'000, "1M<n<10M"},
                                                                  {100'000'000, "10M<n<100M"},
                                                                  {1'000'000'000, "100M<n<1B"}};
  for (const auto& [most, name] : bounds) {
    if (documents < most) return name;
  }
  return "n>1B";
}

// What hubs read: https://huggingface.co/docs/hub/datasets-cards
std::string front_matter(const Report& report) {
  return "---\npretty_name: \"" + report.dataset + "\"\nsize_categories:\n- " +
         size_category(report.documents_kept) + "\n---\n\n";
}

std::string sources_text(const Report& report) {
  std::vector<std::string> head = {"source", "documents", "kept", "share"};
  if (!report.tokens.empty()) head.insert(head.end(), {"tokens", "bytes of text per token"});
  std::string rows;
  for (const SourceReport& source : largest_sources(report, 100)) {
    std::vector<std::string> cells = {cell(source.name), grouped(source.documents),
                                      grouped(source.kept), percent(source.kept, source.documents)};
    if (!report.tokens.empty()) {
      cells.insert(cells.end(), {grouped(source.tokens), ratio(source.text_bytes, source.tokens)});
    }
    rows += line(cells);
  }
  return "## Sources\n\n" + table(head, rows);
}

std::string steps_text(const Report& report,
                       const std::vector<std::pair<std::string, std::string>>& settings) {
  std::string rows;
  for (const FunnelRow& row : funnel(report)) {
    const bool end = row.label == "in" || row.label == "kept";
    rows += line({cell(row.label), end ? "" : grouped(row.dropped), grouped(row.documents),
                  percent(row.documents, report.documents_in)});
  }
  std::string text = "## Steps\n\n" + table({"step", "dropped", "left", "share"}, rows);
  for (const auto& [label, values] : settings) {
    text += "* " + cell(label) + ": " + (values.empty() ? "no settings" : cell(values)) + "\n";
  }
  return text + "\n";
}

std::string checks_text(const Report& report) {
  if (report.checks.empty()) return "";
  std::string rows;
  for (const CheckReport& check : report.checks) {
    rows += line(
        {cell(check.name), outcome_name(check.outcome), measured_text(check), allowed_text(check)});
  }
  return "## Checks\n\n" + table({"check", "outcome", "measured", "allowed"}, rows);
}

std::string contamination_text(const Report& report) {
  std::string text;
  for (const ContaminationReport& step : report.contamination) {
    text += "## Benchmark items in the documents (" + cell(step.label) + ")\n\n";
    std::string rows;
    for (const auto& [name, counts] : step.benchmarks) {
      const u64 searched = counts.items - counts.unsearchable;
      rows += line({cell(name), grouped(counts.items), grouped(counts.dirty),
                    percent(counts.dirty, searched), grouped(counts.partly), grouped(counts.clean),
                    grouped(counts.unsearchable)});
    }
    text += table(
        {"benchmark", "items", "found", "of searched", "in part", "clean", "not searched"}, rows);
    text += "Counted in the documents that the step saw, before it or a later step dropped any.";
    if (!step.recall.empty()) {
      const FoundShare share = found_share(step, "decision");
      const auto shown = [](double value) {
        return percent(static_cast<u64>(value * 1000 + 0.5), 1000);
      };
      text += " Of copies of these items that were edited and planted, the search found " +
              shown(share.positive) + ", with a precision of " + shown(share.precision()) +
              "; paraphrases and translations were not planted.";
    }
    text += "\n\n";
  }
  return text;
}

}  // namespace

std::string data_card(const Report& report,
                      const std::vector<std::pair<std::string, std::string>>& settings) {
  std::string text = front_matter(report) + "# " + cell(report.dataset) + "\n\n";
  text += "Snapshot " + std::to_string(report.snapshot) + ", made by shardmill " + report.version +
          ". " + grouped(report.documents_kept) + " of " + grouped(report.documents_in) +
          " documents are kept; " + grouped(report.quarantined) +
          " records could not be read. Logical digest `" + report.logical_digest + "`.\n\n";
  std::string rows;
  for (const ShardsReport& shards : report.shards) {
    if (!shards.folder.starts_with("text/")) continue;
    rows += line({cell(shards.folder.substr(5)), grouped(shards.documents), grouped(shards.files),
                  bytes_text(shards.bytes)});
  }
  text += "## Splits\n\n" + table({"split", "documents", "files", "size"}, rows);
  for (const auto& [split, n] : report.tokens) {
    text += "`tokens/" + split + "` has " + grouped(n) + " tokens.\n\n";
  }
  std::string mixture;
  for (const auto& [value, counts] : report.mixture) {
    mixture +=
        line({cell(value), grouped(counts.at("documents")), grouped(counts.at("tokens")),
              grouped(counts.at("published_documents")), grouped(counts.at("published_tokens"))});
  }
  if (!mixture.empty()) {
    text +=
        "## Mixture\n\n" +
        table({"value", "documents", "tokens", "documents in shards", "tokens in shards"}, mixture);
  }
  text += sources_text(report) + steps_text(report, settings) + checks_text(report) +
          contamination_text(report);
  return text +
         "## Reading it\n\n"
         "```python\n"
         "import glob, h5py\n"
         "for path in sorted(glob.glob(\"text/" +
         (report.splits.empty() ? std::string("train") : report.splits.front().first) +
         "/*.h5\")):\n"
         "    column = h5py.File(path)[\"columns/text\"]\n"
         "    data, at = column[\"bytes\"][:].tobytes(), column[\"offsets\"][:]\n"
         "    texts = [data[begin:end].decode() for begin, end in zip(at, at[1:])]\n"
         "```\n\n"
         "Every document's fate and its witness are in `ledger/`.\n";
}

}  // namespace shardmill
