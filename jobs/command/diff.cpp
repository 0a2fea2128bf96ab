#include "jobs/command/diff.hpp"

#include <nlohmann/json.hpp>

#include "cluster/environment.hpp"
#include "engine/observe/json_line.hpp"
#include "engine/observe/progress_text.hpp"
#include "engine/store/snapshot.hpp"
#include "jobs/command/difference.hpp"
#include "jobs/command/output.hpp"
#include "jobs/run/find_snapshot.hpp"

namespace shardmill {
namespace {

using Json = nlohmann::ordered_json;

// Rows in memory at once: some 1.5 GB.
constexpr u64 kRows = 10'000'000;

// The snapshot that `current` was before: the last one with a smaller number.
std::string snapshot_before(const std::string& directory) {
  const u64 current = Dataset(directory).manifest().snapshot;
  const std::filesystem::path folder =
      std::filesystem::canonical(find_snapshot(directory)).parent_path();
  const Snapshots snapshots(folder.parent_path());
  std::optional<u64> before;
  for (const u64 number : snapshots.numbers()) {
    if (number < current) before = number;
  }
  if (!before) {
    throw DataError(directory + ": has no snapshot before " + std::to_string(current) +
                    " to compare it with");
  }
  return snapshots.path_of(*before).string();
}

// By source and path: how many input files came, went and have other bytes.
Json input_changes(const Manifest& before, const Manifest& after) {
  std::map<std::pair<std::string, std::string>, std::pair<u64, std::string>> old;
  for (const InputRecord& input : before.inputs) {
    old[{input.source, input.path}] = {input.bytes, input.digest};
  }
  u64 added = 0;
  u64 changed = 0;
  for (const InputRecord& input : after.inputs) {
    const auto was = old.find({input.source, input.path});
    if (was == old.end()) {
      ++added;
      continue;
    }
    if (was->second != std::pair(input.bytes, input.digest)) ++changed;
    old.erase(was);
  }
  return {{"added", added}, {"removed", old.size()}, {"changed", changed}};
}

std::string number_text(u64 number) { return std::to_string(number); }

void append_counts(std::string& text, const char* what, const Difference::Counts& counts) {
  for (const auto& [source, reasons] : counts) {
    for (const auto& [reason, documents] : reasons) {
      text += std::string(what) + "  " + number_text(documents) + "  " + printable(source) + "  " +
              printable(reason) + "\n";
    }
  }
}

std::string as_text(const Dataset& before, const Dataset& after, const Json& inputs,
                    const Difference& difference) {
  const Manifest& a = before.manifest();
  const Manifest& b = after.manifest();
  std::string text = before.folder().string() + " -> " + after.folder().string() + "\n";
  text += "documents kept: " + number_text(a.documents_kept) + " -> " +
          number_text(b.documents_kept) + "\n";
  text += "input files: " + inputs["added"].dump() + " new, " + inputs["changed"].dump() +
          " changed, " + inputs["removed"].dump() + " gone\n";
  text += std::string("job file: ") +
          (a.job == b.job && a.overrides == b.overrides ? "the same" : "changed") + "\n";
  append_counts(text, "added", difference.added);
  append_counts(text, "removed", difference.removed);
  for (const auto& [source, documents] : difference.changed) {
    text += "changed  " + number_text(documents) + "  " + printable(source) + "\n";
  }
  for (const auto& [from, splits] : difference.moved) {
    for (const auto& [to, documents] : splits) {
      text += "moved  " + number_text(documents) + "  from " + printable(from) + " to " +
              printable(to) + "\n";
    }
  }
  return text;
}

Json as_json(const Dataset& before, const Dataset& after, const Json& inputs,
             const Difference& difference) {
  const Manifest& a = before.manifest();
  const Manifest& b = after.manifest();
  return {{"before", {{"snapshot", a.snapshot}, {"documents_kept", a.documents_kept}}},
          {"after", {{"snapshot", b.snapshot}, {"documents_kept", b.documents_kept}}},
          {"same_job", a.job == b.job && a.overrides == b.overrides},
          {"inputs", inputs},
          {"added", difference.added},
          {"removed", difference.removed},
          {"changed", difference.changed},
          {"moved", difference.moved},
          {"rows_compared", difference.rows_compared}};
}

std::string document_json(const DifferentDocument& document) {
  JsonLine line;
  line.add("what", document.what).add("id", document.id).add("source", document.source);
  const auto or_null = [&](const char* name, const std::string& value) {
    if (value.empty()) {
      line.add_json(name, "null");
    } else {
      line.add(name, value);
    }
  };
  or_null("reason", document.reason);
  or_null("split_before", document.split_before);
  or_null("split_after", document.split_after);
  return line.text() + "\n";
}

std::string document_text(const DifferentDocument& document) {
  std::string text =
      document.what + "  " + printable(document.id) + " (" + printable(document.source) + ")";
  if (!document.reason.empty()) text += "  " + printable(document.reason);
  if (document.what == "moved") {
    text += "  from " + printable(document.split_before) + " to " + printable(document.split_after);
  }
  return text + "\n";
}

}  // namespace

int show_difference(const Arguments& arguments) {
  const bool both = !arguments.other.empty();
  const Dataset before(both ? arguments.directory : snapshot_before(arguments.directory));
  const Dataset after(both ? arguments.other : arguments.directory);
  Output output;
  std::function<void(const DifferentDocument&)> on_document;
  if (arguments.documents) {
    on_document = [&](const DifferentDocument& document) {
      output.write(arguments.json ? document_json(document) : document_text(document));
    };
  }
  const bool in_goes = number_in(process_environment(), "SHARDMILL_FORCE_SPILL").has_value();
  const u64 rows = in_goes ? 20 : kRows;
  const Difference difference = compare_snapshots(before, after, rows, on_document);
  if (!arguments.documents) {
    const Json inputs = input_changes(before.manifest(), after.manifest());
    output.write(arguments.json ? as_json(before, after, inputs, difference)
                                          .dump(-1, ' ', false, Json::error_handler_t::replace) +
                                      "\n"
                                : as_text(before, after, inputs, difference));
  }
  output.finish();
  return 0;
}

}  // namespace shardmill
