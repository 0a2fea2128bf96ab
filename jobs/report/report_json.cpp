#include <nlohmann/json.hpp>

#include "jobs/report/report.hpp"

namespace shardmill {
namespace {

using Json = nlohmann::ordered_json;

// With a dozen steps each, some 300 KB.
constexpr std::size_t kMostSources = 1000;

Json distributions(const Report& report) {
  const Statistics& statistics = report.statistics;
  Json lengths = Json::array();
  for (std::size_t b = 0; b < statistics.length_log2.size(); ++b) {
    lengths.push_back(
        {{"from_bytes", b == 0 ? 0 : u64{1} << b}, {"documents", statistics.length_log2[b]}});
  }
  Json sizes = Json::array();
  for (const auto& [bucket, groups] : statistics.cluster_sizes_log2) {
    sizes.push_back({{"from_documents", u64{1} << bucket}, {"groups", groups}});
  }
  Json at_least = Json::array();
  for (const ThresholdRow& row : thresholds(report)) {
    at_least.push_back({{"threshold", row.percent / 100.0},
                        {"documents", row.documents},
                        {"below_the_jobs_own", row.below}});
  }
  return {{"document_bytes", lengths},
          {"group_sizes", sizes},
          {"similarity_percent", statistics.similarity_percent},
          {"dropped_at_least", at_least}};
}

Json groups(const Statistics& statistics) {
  Json list = Json::array();
  for (const DuplicateGroup& group : statistics.groups) {
    Json members = Json::array();
    for (const GroupMember& member : group.members) {
      members.push_back({{"id", member.id},
                         {"source", member.source},
                         {"fate", member.kept ? "kept" : "dropped"},
                         {"excerpt", member.excerpt}});
    }
    list.push_back({{"documents", group.size}, {"kept", group.kept}, {"examples", members}});
  }
  return list;
}

Json steps(const Report& report) {
  Json list = Json::array();
  for (const StepReport& step : report.steps) {
    list.push_back({{"step", step.label},
                    {"dropped", step.reasons},
                    {"dropped_bytes", step.dropped_bytes},
                    {"changed", step.changed},
                    {"cut_bytes", step.cut_bytes}});
  }
  return list;
}

Json sources(const Report& report) {
  Json list = Json::array();
  for (const SourceReport& source : largest_sources(report, kMostSources)) {
    list.push_back({{"source", source.name},
                    {"documents_in", source.documents},
                    {"documents_kept", source.kept},
                    {"dropped", source.dropped},
                    {"quarantined", source.quarantined},
                    {"tokens", source.tokens},
                    {"text_bytes", source.text_bytes},
                    {"bytes_per_token", source.bytes_per_token()},
                    {"share_removed", source.share_removed()},
                    {"alarm", source.alarming()}});
  }
  return list;
}

Json run(const Report& report) {
  std::map<std::string, u64> ranks_of_host;
  for (const std::string& host : report.hosts) ++ranks_of_host[host];
  Json stages = Json::array();
  for (const StageReport& stage : report.stages) {
    stages.push_back({{"name", stage.name}, {"seconds", stage.seconds}});
  }
  Json json = {{"version", report.version},
               {"seconds", report.seconds},
               {"ranks", report.ranks},
               {"ranks_of_host", ranks_of_host},
               {"memory_budget", report.memory_budget},
               {"peak_memory", report.peak_memory},
               {"text_bytes_read", report.text_bytes_read},
               {"read_bytes_per_second", report.read_rate()},
               {"fragments", report.fragments},
               {"fragments_read", report.fragments_read},
               {"fragments_sketched", report.fragments_sketched},
               {"steps_computed", report.steps_computed},
               {"stages", stages}};
  json.update(Json::parse(movement_json(report.movement, report.ranks)));
  return json;
}

}  // namespace

std::string report_json(const Report& report) {
  Json rows = Json::array();
  for (const FunnelRow& row : funnel(report)) {
    rows.push_back({{"after", row.label},
                    {"documents", row.documents},
                    {"bytes", row.bytes},
                    {"dropped", row.dropped},
                    {"dropped_bytes", row.dropped_bytes}});
  }
  Json before;
  if (report.before) {
    before = {{"documents_in", report.before->documents_in},
              {"documents_kept", report.before->documents_kept},
              {"files_shared", report.before->files_shared}};
  }
  Json splits = Json::object();
  for (const auto& [name, documents] : report.splits) splits[name] = documents;
  Json shards = Json::array();
  for (const ShardsReport& folder : report.shards) {
    shards.push_back({{"folder", folder.folder},
                      {"files", folder.files},
                      {"documents", folder.documents},
                      {"bytes", folder.bytes}});
  }
  Json contamination = Json::array();
  for (const ContaminationReport& step : report.contamination) {
    contamination.push_back(Json::parse(contamination_json(step)));
  }
  Json recalls = Json::array();
  for (const SearchRecall& recall : report.recalls) {
    recalls.push_back({{"step", recall.label},
                       {"documents", recall.documents},
                       {"of", recall.of},
                       {"found", recall.found}});
  }
  Json checks = Json::array();
  for (const CheckReport& check : report.checks) checks.push_back(Json::parse(check_json(check)));
  const Json json = {{"dataset", report.dataset},
                     {"location", report.location},
                     {"snapshot", report.snapshot == 0 ? Json(nullptr) : Json(report.snapshot)},
                     {"parent", report.parent ? Json(*report.parent) : Json(nullptr)},
                     {"before", before},
                     {"dry_run", report.dry_run},
                     {"logical_digest", report.logical_digest},
                     {"input_files", report.input_files},
                     {"input_bytes", report.input_bytes},
                     {"documents_in", report.documents_in},
                     {"documents_kept", report.documents_kept},
                     {"quarantined", report.quarantined},
                     {"failed_files", report.failed_files},
                     {"duplicate_ids", report.duplicate_ids},
                     {"exclude", report.exclude},
                     {"funnel", rows},
                     {"steps", steps(report)},
                     {"sources", sources(report)},
                     {"splits", splits},
                     {"tokens", report.tokens},
                     {"mixture", report.mixture},
                     {"lineage", report.lineage},
                     {"distributions", distributions(report)},
                     {"largest_groups", groups(report.statistics)},
                     {"contamination", contamination},
                     {"search_recall", recalls},
                     {"checks", checks},
                     {"refused", report.refused},
                     {"warnings", report.warnings.first},
                     {"warning_count", report.warnings.count},
                     {"shards", shards},
                     {"run", run(report)}};
  // Paths may have any bytes: what is not UTF-8 becomes U+FFFD.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace shardmill
