#include "jobs/run/input_summary.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/plan/spelling.hpp"
#include "engine/store/file.hpp"

namespace shardmill {
namespace {

std::string line_of(const UnreadableRecord& record, const FileVersion& file,
                    const std::string& path) {
  const nlohmann::ordered_json line = {{"path", path},
                                       {"source", file.source},
                                       {"offset", record.offset},
                                       {"reason", record.reason},
                                       {"detail", record.detail}};
  return line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

using Dimensions = std::map<std::string, std::pair<u64, std::string>>;

Schema schema_of(const std::map<std::string, u64>& seen, const Dimensions& dimensions) {
  Schema schema = {{"id", Type::utf8}, {"source", Type::utf8}, {"text", Type::utf8}};
  for (const auto& [name, kinds] : seen) {
    const auto vector = dimensions.find(name);
    // Vectors of files that are gone say nothing.
    const u64 there = vector == dimensions.end() ? kinds & ~u64{kSeenVector} : kinds;
    schema.push_back({name, type_of_seen(static_cast<u8>(there))});
    if (schema.back().type == Type::vector)
      schema.back().dimensions = narrow<u32>(vector->second.first);
  }
  std::sort(schema.begin(), schema.end());
  return schema;
}

bool fits(const std::map<std::string, u64>& seen, const Dimensions& dimensions,
          const Schema& schema) {
  for (const auto& [name, kinds] : seen) {
    const auto column = std::find_if(schema.begin(), schema.end(),
                                     [&](const ColumnSpec& c) { return c.name == name; });
    if (column == schema.end()) return false;
    const Type type = type_of_seen(static_cast<u8>(kinds));
    const bool wider = column->type == Type::json || kinds == 0 ||
                       (column->type == Type::float64 && type == Type::int64);
    if (column->type != type && !wider) return false;
    const auto vector = dimensions.find(name);
    if (type == Type::vector && vector != dimensions.end() &&
        vector->second.first != column->dimensions) {
      return false;
    }
  }
  return true;
}

// All vectors of a column have one length.
void compare_dimensions(const ReadPlan& plan, const FragmentInfo& info, const std::set<u64>& failed,
                        InputSummary& summary) {
  for (const auto& [name, files] : info.dimensions) {
    for (const auto& [ordinal, length] : files) {
      const std::string& path = plan.path_of[ordinal];
      if (path.empty() || failed.contains(ordinal)) continue;
      const auto& [known, first] = summary.dimensions.try_emplace(name, length, path).first->second;
      if (known == length || !summary.two_lengths.empty()) continue;
      summary.two_lengths = "column `" + name + "`: " + first + " gives vectors of " +
                            std::to_string(known) + " numbers, " + path + " of " +
                            std::to_string(length);
    }
  }
}

// `failed`: files whose documents and records do not count.
InputSummary summarise(const ReadPlan& plan, const std::filesystem::path& quarantine,
                       const std::set<u64>& failed) {
  InputSummary summary;
  summary.sources.resize(plan.job.sources.size());
  const auto counts = [&](u64 ordinal) -> SourceCounts* {
    if (plan.path_of[ordinal].empty()) return nullptr;  // a tombstone: it says nothing any more
    return &summary.sources[source_position(plan.job, plan.catalog.files[ordinal].source)];
  };
  CommittedFile lines(quarantine);
  for (std::size_t f = 0; f < plan.fragments.size(); ++f) {
    const FragmentReader fragment(plan.files[f]);
    const FragmentInfo& info = fragment.info();
    bool live = false;
    for (const auto& [ordinal, documents] : info.documents_of) {
      SourceCounts* source = counts(ordinal);
      if (source == nullptr || failed.contains(ordinal)) continue;
      source->documents += documents;
      live = true;
    }
    if (live) {
      for (const auto& [name, kinds] : info.seen) summary.columns.insert(name);
    }
    for (const auto& [ordinal, documents] : info.made_ids) {
      SourceCounts* source = counts(ordinal);
      if (source != nullptr && !failed.contains(ordinal)) source->made_ids += documents;
    }
    std::vector<UnreadableRecord> unreadable = info.unreadable;
    std::stable_sort(unreadable.begin(), unreadable.end(),
                     [](const UnreadableRecord& a, const UnreadableRecord& b) {
                       return std::pair(a.ordinal, a.offset) < std::pair(b.ordinal, b.offset);
                     });
    for (const UnreadableRecord& record : unreadable) {
      SourceCounts* source = counts(record.ordinal);
      if (source == nullptr || failed.contains(record.ordinal)) continue;
      ++source->quarantined;
      const std::string& path = plan.path_of[record.ordinal];
      lines.write(line_of(record, plan.catalog.files[record.ordinal], path));
      if (source->first_problem.empty()) {
        source->first_problem = path + ": offset " + std::to_string(record.offset) + ": " +
                                record.reason + (record.detail.empty() ? "" : ": " + record.detail);
      }
    }
    for (const auto& [ordinal, why] : info.failures) {
      SourceCounts* source = counts(ordinal);
      if (source == nullptr) continue;
      // A file cut into ranges may fail in each: it is one file.
      if (summary.failed.insert(ordinal).second) ++source->failed_files;
      summary.failures.emplace(ordinal, why);
      if (source->first_failure.empty()) source->first_failure = why;
    }
    auto& seen = summary.seen[plan.fragments[f].epoch];
    // A file that is cut into ranges is alone in each.
    const std::vector<Piece>& pieces = plan.fragments[f].pieces;
    if (pieces.size() == 1 && failed.contains(pieces.front().ordinal)) continue;
    for (const auto& [name, kinds] : info.seen) seen[name] |= kinds;
    compare_dimensions(plan, info, failed, summary);
  }
  lines.commit();
  return summary;
}

// What records call these columns, as far as this source names them.
std::vector<std::string> fields_of(const std::set<std::string>& columns,
                                   const SourceSettings& source) {
  constexpr std::string_view kRenamed = "field.";
  std::vector<std::string> fields;
  for (const std::string& column : columns) {
    if (column == "id" || column == "source") continue;
    const auto named = std::find_if(source.columns.begin(), source.columns.end(),
                                    [&](const auto& pair) { return pair.first == column; });
    const bool renamed = column.starts_with(kRenamed);
    fields.push_back(named != source.columns.end() ? named->second
                     : column == "text" && !source.text_field.empty()
                         ? source.text_field
                         : column.substr(renamed ? kRenamed.size() : 0));
  }
  return fields;
}

}  // namespace

InputSummary summarise_input(const ReadPlan& plan, const std::filesystem::path& quarantine) {
  InputSummary summary = summarise(plan, quarantine, {});
  if (!summary.failed.empty()) summary = summarise(plan, quarantine, summary.failed);
  return summary;
}

void judge_input(const Job& job, const InputSummary& summary) {
  if (!summary.two_lengths.empty()) throw DataError(summary.two_lengths);
  for (std::size_t s = 0; s < job.sources.size(); ++s) {
    const SourceCounts& counts = summary.sources[s];
    const std::string& name = job.sources[s].settings.name;
    if (counts.failed_files > job.tolerated_files) {
      throw DataError("source " + name + ": " + std::to_string(counts.failed_files) +
                      " files cannot be read, " + std::to_string(job.tolerated_files) +
                      " are tolerated (tolerate.files); the first: " + counts.first_failure);
    }
    const u64 records = counts.documents + counts.quarantined;
    const Decimal& share = job.tolerated_records;
    if (static_cast<u128>(counts.quarantined) * share.denominator >
        static_cast<u128>(share.numerator) * records) {
      throw DataError("source " + name + ": " + std::to_string(counts.quarantined) + " of " +
                      std::to_string(records) + " records cannot be read, a share of " +
                      share.text() +
                      " is tolerated (tolerate.records); the first: " + counts.first_problem);
    }
  }
}

void check_ids(const Job& job, const InputSummary& summary) {
  for (std::size_t s = 0; s < job.sources.size(); ++s) {
    const SourceCounts& counts = summary.sources[s];
    const SourceSettings& source = job.sources[s].settings;
    if (source.id_field.empty() || counts.documents == 0 || counts.made_ids < counts.documents) {
      continue;
    }
    std::string message = "source " + source.name + ": no record has an id in the field `" +
                          source.id_field + "`, which `columns` names";
    const std::string near = nearest(source.id_field, fields_of(summary.columns, source));
    if (!near.empty()) message += "; did you mean `" + near + "`?";
    throw DataError(message);
  }
}

bool decide_schemas(const InputSummary& summary, Catalog& catalog) {
  std::set<u32> incomplete;
  for (const FileVersion& file : catalog.files) {
    if (file.tombstone || summary.failed.contains(file.ordinal)) incomplete.insert(file.epoch);
  }
  bool changed = false;
  for (const auto& [epoch, seen] : summary.seen) {
    const auto known = catalog.schemas.find(epoch);
    if (known != catalog.schemas.end() && incomplete.contains(epoch) &&
        fits(seen, summary.dimensions, known->second)) {
      continue;
    }
    Schema schema = schema_of(seen, summary.dimensions);
    if (known != catalog.schemas.end() && known->second == schema) continue;
    catalog.schemas[epoch] = std::move(schema);
    changed = true;
  }
  return changed;
}

}  // namespace shardmill
