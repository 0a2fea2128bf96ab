#include "jobs/run/small_tables.hpp"

#include <nlohmann/json.hpp>

namespace shardmill {

namespace {

constexpr std::ptrdiff_t kGroupColumn = 3;

}  // namespace

const Schema& ledger_schema(bool with_groups) {
  static const Schema schema = {
      {"cluster", Type::utf8},     {"detector", Type::utf8},   {"fate", Type::utf8},
      {"id", Type::utf8},          {"key", Type::utf8},        {"reason", Type::utf8},
      {"score_den", Type::int64},  {"score_num", Type::int64}, {"source", Type::utf8},
      {"span_begin", Type::int64}, {"span_end", Type::int64},  {"step", Type::utf8},
      {"witness", Type::utf8},     {"witness_key", Type::utf8}};
  static const Schema grouped = [] {
    Schema columns = schema;
    columns.insert(columns.begin() + kGroupColumn, {"group", Type::utf8});
    return columns;
  }();
  return with_groups ? grouped : schema;
}

const Schema& clusters_schema() {
  static const Schema schema = {{"cluster", Type::utf8},
                                {"id", Type::utf8},
                                {"kept", Type::int64},
                                {"size", Type::int64},
                                {"sources", Type::json}};
  return schema;
}

SmallValues ledger_values(const LedgerRow& row, const Schema& schema,
                          std::vector<std::string>& held) {
  held.assign({row.cluster ? row.cluster->text() : "", row.key.text(),
               std::to_string(row.score_den), std::to_string(row.score_num),
               row.witness_key ? row.witness_key->text() : "", std::to_string(row.span_begin),
               std::to_string(row.span_end), row.group ? row.group->text() : ""});
  const Schema& without_groups = ledger_schema(false);
  SmallValues values(without_groups.size());
  if (row.cluster) values[0] = held[0];
  if (!row.detector.empty()) {
    values[1] = row.detector;
    values[9] = held[5];
    values[10] = held[6];
  }
  values[2] = row.fate;
  values[3] = row.id;
  values[4] = held[1];
  if (!row.reason.empty()) values[5] = row.reason;
  if (row.score_den != 0) {
    values[6] = held[2];
    values[7] = held[3];
  }
  values[8] = row.source;
  values[11] = row.step;
  values[12] = row.witness;
  if (row.witness_key) values[13] = held[4];
  if (schema.size() > without_groups.size()) {
    std::optional<std::string_view> group;
    if (row.group) group = held[7];
    values.insert(values.begin() + kGroupColumn, group);
  }
  return values;
}

SmallValues cluster_values(const ClusterRow& row, std::vector<std::string>& held) {
  nlohmann::json sources = nlohmann::json::object();
  for (const auto& [name, documents] : row.sources) sources[name] = documents;
  held.assign(
      {row.root.text(), std::to_string(row.kept), std::to_string(row.size), sources.dump()});
  return {held[0], row.id, held[1], held[2], held[3]};
}

}  // namespace shardmill
