#include "jobs/run/published_tables.hpp"

#include <algorithm>

#include "jobs/run/ledger_lines.hpp"
#include "jobs/run/small_tables.hpp"
#include "operators/write/text_shard_writer.hpp"
#include "operators/write/token_shard_writer.hpp"

namespace shardmill {
namespace {

// A night changes few rows of old ledgers and clusters, and a shard is written as a whole.
constexpr u64 kSmallerBy = 8;

}  // namespace

TableNumbers numbers_of(const Decided& decided) {
  return {narrow<u32>(decided.splits.names().size()), decided.catalog.epoch,
          narrow<u32>(decided.resolution.made.size())};
}

std::vector<TableSpec> list_tables(const Decided& decided) {
  std::vector<TableSpec> tables;
  const Catalog& catalog = decided.catalog;
  const std::map<u32, Schema> schemas = catalog.shard_schemas();
  for (const std::string& split : decided.splits.names()) {
    for (u32 epoch = 1; epoch <= catalog.epoch; ++epoch) {
      const auto schema = schemas.find(epoch);
      // Without a schema there are no documents.
      tables.push_back({"text/" + split + "/", epoch, split, kTextFormat,
                        schema == schemas.end()
                            ? Schema{}
                            : decided.resolution.added.merged_with(schema->second)});
    }
  }
  const u64 small = std::max<u64>(1, decided.job.shard_size.value / kSmallerBy);
  for (u32 epoch = 1; epoch <= catalog.epoch; ++epoch) {
    tables.push_back(
        {"ledger/", epoch, "", kLedgerFormat, ledger_schema(decided.lineage != nullptr), small});
  }
  for (u32 epoch = 1; epoch <= catalog.epoch; ++epoch) {
    tables.push_back({"clusters/", epoch, "", kClustersFormat, clusters_schema(), small});
  }
  for (const MadeTable& made : decided.resolution.made) {
    tables.push_back({"tables/" + made.name + "/", 0, "", kTableFormat, made.columns});
  }
  const auto tokenize = decided.pipeline.tokenize();
  if (!tokenize) return tables;
  const Step& step = decided.pipeline.steps[*tokenize];
  TokenFormat format = *step.global->tokens();
  format.samples = decided.job.samples;
  std::string made_by = step.sketch_fingerprint;
  if (format.samples) {
    made_by += " " + std::to_string(format.samples->length) + " " +
               std::string(kPackings[static_cast<std::size_t>(format.samples->packing)]) +
               (format.samples->spans ? " spans" : "");
  }
  for (const std::string& split : decided.splits.names()) {
    for (u32 epoch = 1; epoch <= catalog.epoch; ++epoch) {
      tables.push_back({"tokens/" + split + "/", epoch, split, kTokensFormat, token_schema(),
                        decided.job.token_shard_size.value, format, made_by});
    }
  }
  return tables;
}

u32 split_of(const Decided& decided, const Fate& fate, std::string_view id) {
  // A group of duplicates is part of a group by lineage.
  if (fate.lineage != nullptr) return fate.lineage->split;
  const bool grouped = decided.split_by_cluster && fate.membership != nullptr;
  return grouped ? fate.membership->split : decided.splits.of(id);
}

}  // namespace shardmill
