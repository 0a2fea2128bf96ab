#include "jobs/run/foreign.hpp"

#include <algorithm>
#include <map>

#include "cluster/agree.hpp"
#include "cluster/signals.hpp"
#include "cluster/watchdog.hpp"
#include "engine/batch/vector_value.hpp"
#include "engine/hash/hash.hpp"
#include "engine/plan/fragment_file.hpp"
#include "engine/store/file.hpp"
#include "jobs/run/find_snapshot.hpp"
#include "jobs/run/manifest.hpp"
#include "jobs/run/read_pass.hpp"
#include "jobs/run/sketch_files.hpp"
#include "jobs/run/stopped_run.hpp"
#include "operators/read/json_text.hpp"
#include "operators/write/text_shard_reader.hpp"
#include "operators/write/value_bytes.hpp"

namespace shardmill {
namespace {

namespace fs = std::filesystem;

constexpr u64 kBlockBytes = u64{1} << 20;

std::vector<std::string> against_of(const Step& step) {
  const bool compares = step.op.starts_with("dedup.") || step.op == "nearest";
  if (!compares || !step.settings->has("against")) return {};
  return step.settings->list("against");
}

fs::path snapshot_folder(const std::string& named) {
  try {
    return fs::canonical(find_snapshot(named));
  } catch (const DataError& error) {
    throw DataError(std::string("against: ") + error.what());
  }
}

// Columns of a shard that steps compare, by position; one that it lacks is absent in all its rows.
std::map<std::string, std::size_t> columns_compared(const Pipeline& pipeline,
                                                    const ForeignShard& shard,
                                                    const Schema& schema) {
  std::map<std::string, std::size_t> columns;
  for (const u32 step : shard.steps) {
    for (const std::string& name : pipeline.steps[step].global->columns_compared()) {
      const auto column = std::find_if(schema.begin(), schema.end(),
                                       [&](const ColumnSpec& c) { return c.name == name; });
      if (column == schema.end()) continue;
      columns[name] = static_cast<std::size_t>(column - schema.begin());
    }
  }
  return columns;
}

// A published value as the value of a field.
std::string field_value(Type type, std::string_view bytes) {
  if (type == Type::vector) return kVectorMark + std::string(bytes);
  std::string json;
  if (type == Type::utf8) {
    append_json_string(json, bytes);
    return json;
  }
  return value_text(type, bytes);
}

// Sketches one shard into the store.
void read_shard(const Pipeline& pipeline, const ForeignShard& shard) {
  const TextShardReader reader(shard.path);
  const std::size_t id = reader.column("id");
  const std::size_t text = reader.column("text");
  FragmentWriter writer(shard.file);
  SketchFiles sketch_files(pipeline, shard.file, shard.steps);
  const auto compared = columns_compared(pipeline, shard, reader.schema());
  FragmentInfo info;
  ShardRows rows;
  for (u64 next = 0; next < reader.n_documents();) {
    next = reader.read(next, reader.n_documents(), rows, kBlockBytes);
    Batch batch;
    std::vector<DocEntry> entries;
    for (u64 row = 0; row < rows.size(); ++row) {
      batch.key.push_back(DocKey::of(shard.ordinal, rows.first() + row));
      batch.source.push_back(0);
      batch.id.push(shard.label + "/" + std::string(rows.value(id, row).value_or("")));
      batch.text.push(rows.value(text, row).value_or(""));
      for (const auto& [name, column] : compared) {
        const auto value = rows.value(column, row);
        if (!value) continue;
        batch.field_for_append(name).push(field_value(reader.schema()[column].type, *value));
      }
      batch.end_document();
      entries.push_back({.key = batch.key.back()});
    }
    std::map<u32, std::string> sketches;
    for (const u32 step : sketch_files.steps()) {
      pipeline.steps[step].global->sketch(batch, sketches[step]);
    }
    info.documents_of[shard.ordinal] += batch.size();
    batch.fields.clear();  // they are in the sketches
    writer.add_block(entries, {}, batch, {});
    sketch_files.add_block(sketches, batch.text);
  }
  sketch_files.commit(writer.commit(info));
}

}  // namespace

std::string resolve_foreign(const Pipeline& pipeline, const fs::path& record) {
  std::map<std::string, std::string> known;
  if (fs::exists(record)) {
    const std::string lines = read_whole_file(record);
    for (std::size_t at = 0; at < lines.size();) {
      const std::size_t tab = lines.find('\t', at);
      const std::size_t end = lines.find('\n', at);
      known[lines.substr(at, tab - at)] = lines.substr(tab + 1, end - tab - 1);
      at = end + 1;
    }
  }
  std::string resolved;
  std::vector<std::string> seen;
  for (const Step& step : pipeline.steps) {
    for (const std::string& named : against_of(step)) {
      if (std::find(seen.begin(), seen.end(), named) != seen.end()) continue;
      seen.push_back(named);
      const auto before = known.find(named);
      const std::string folder =
          before != known.end() && fs::exists(fs::path(before->second) / "manifest.json")
              ? before->second
              : snapshot_folder(named).string();
      resolved += named + "\t" + folder + "\n";
    }
  }
  if (!resolved.empty()) write_file_atomically(record, resolved);
  return resolved;
}

std::vector<ForeignShard> list_foreign(const Pipeline& pipeline, const std::string& resolved,
                                       const fs::path& store) {
  std::vector<ForeignShard> shards;
  for (std::size_t at = 0; at < resolved.size();) {
    const std::size_t tab = resolved.find('\t', at);
    const std::size_t end = resolved.find('\n', at);
    const std::string named = resolved.substr(at, tab - at);
    const fs::path folder = resolved.substr(tab + 1, end - tab - 1);
    at = end + 1;
    const Manifest manifest = read_manifest(folder / "manifest.json");
    std::vector<u32> steps;
    for (u32 i = 0; i < pipeline.steps.size(); ++i) {
      const std::vector<std::string> names = against_of(pipeline.steps[i]);
      if (std::find(names.begin(), names.end(), named) != names.end()) steps.push_back(i);
    }
    for (const ShardRecord& record : manifest.shards) {
      if (!record.path.starts_with("text/")) continue;
      ForeignShard shard;
      shard.path = folder / record.path;
      shard.label = manifest.dataset + "@" + std::to_string(manifest.snapshot);
      shard.ordinal = DocKey::kForeign + shards.size();
      shard.bytes = record.bytes;
      shard.steps = steps;
      Hasher128 hash;
      hash.add_field(shard.label).add_field(record.path).add_field(record.sha256);
      hash.add_number(shard.ordinal);
      shard.file = store / "foreign" / (hash.digest().hex() + ".seg");
      shards.push_back(std::move(shard));
    }
  }
  return shards;
}

void read_foreign(Cluster& cluster, const Pipeline& pipeline,
                  const std::vector<ForeignShard>& shards, Observer& observer) {
  if (shards.empty()) return;
  observer.stage("read against");
  std::vector<u64> weights;
  std::vector<const ForeignShard*> missing;
  for (const ForeignShard& shard : shards) {
    // Their columns are in sketches only: where one is missing the shard is read.
    const auto stored =
        stored_fragment(shard.file, pipeline, shard.steps, [](u64) { return true; });
    if (stored && stored->unsketched.empty()) continue;
    missing.push_back(&shard);
    weights.push_back(shard.bytes);
  }
  const std::vector<Rank> reader = assign_longest_first(weights, cluster.size());
  cluster.control.barrier();  // everybody has looked before anybody adds
  agree_all(cluster.control, [&] {
    for (std::size_t i = 0; i < missing.size() && !cluster.stop.is_set(); ++i) {
      if (reader[i] != cluster.rank()) continue;
      cluster.watchdog.doing("reading " + missing[i]->path.string());
      fs::create_directories(missing[i]->file.parent_path());
      read_shard(pipeline, *missing[i]);
      observer.count(kCommitted, 1);
      cluster.watchdog.progress();
    }
  });
  stop_if_asked(cluster.control, cluster.stop,
                "stopped by a signal while reading what it compares with; the same command goes on "
                "from here");
}

Fragment fragment_of(const ForeignShard& shard) { return {0, shard.bytes, {{shard.ordinal}}}; }

}  // namespace shardmill
