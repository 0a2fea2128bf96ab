#include "jobs/command/verify_files.hpp"

#include <algorithm>
#include <cstring>
#include <map>
#include <set>
#include <tuple>

#include "engine/store/file.hpp"
#include "engine/store/logical_digest.hpp"
#include "engine/store/sha256.hpp"
#include "jobs/command/ledger_rows.hpp"
#include "jobs/command/verify_order.hpp"
#include "jobs/command/verify_token_shards.hpp"
#include "jobs/run/pipeline.hpp"
#include "operators/table/aggregate_step.hpp"
#include "operators/write/text_shard_writer.hpp"

namespace shardmill {
namespace {

namespace fs = std::filesystem;

void verify_no_others(const Dataset& dataset, VerifyFindings& findings) {
  std::set<std::string> known;
  for (const ShardRecord& shard : dataset.manifest().shards) {
    if (!known.insert(shard.path).second) {
      findings.problem("manifest.json", "lists " + shard.path + " twice");
    }
    for (const ShardFile& file : shard.files) known.insert(file.path);
  }
  std::vector<std::string> strays;
  for (const char* table : {"text", "tokens", "token_documents", "ledger", "clusters", "tables"}) {
    const fs::path folder = dataset.folder() / table;
    if (!fs::is_directory(folder)) continue;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
      if (entry.is_directory() && !entry.is_symlink()) continue;
      const std::string path = entry.path().lexically_relative(dataset.folder()).string();
      if (!known.contains(path)) strays.push_back(path);
    }
  }
  std::sort(strays.begin(), strays.end());
  for (const std::string& path : strays) {
    findings.problem(path, "the manifest does not know this file");
  }
}

// Bytes, so that a line that is no JSON counts too.
u64 count_lines(const fs::path& path) {
  const std::string text = read_whole_file(path);
  return static_cast<u64>(std::count(text.begin(), text.end(), '\n'));
}

// Two shards of one table that could both hold a row.
void verify_prefixes(const Dataset& dataset, VerifyFindings& findings) {
  std::vector<std::tuple<std::string, u32, u64, u32, std::string>> names;
  for (const ShardRecord& shard : dataset.manifest().shards) {
    const ShardName name = ShardName::parse(shard.path);
    names.emplace_back(name.folder, name.epoch, name.prefix, name.depth, shard.path);
  }
  std::sort(names.begin(), names.end());
  for (std::size_t i = 1; i < names.size(); ++i) {
    const auto& [folder, epoch, prefix, depth, path] = names[i - 1];
    const ShardName before{folder, epoch, depth, prefix};
    if (folder == std::get<0>(names[i]) && epoch == std::get<1>(names[i]) &&
        before.holds(std::get<2>(names[i]))) {
      findings.problem(std::get<4>(names[i]), "covers places of " + path);
    }
  }
}

void verify_order(const TextShardReader& reader, const std::string& path,
                  const Placement& placement, VerifyFindings& findings) {
  OrderCheck order(path, placement, findings);
  const bool text = path.starts_with("text/");
  const std::size_t id = reader.column("id");
  if (text) {
    (void)reader.column("source");
    (void)reader.column("text");
  }
  const std::size_t key = text ? 0 : reader.column(path.starts_with("ledger/") ? "key" : "cluster");
  for_each_row(reader, [&](const ShardRows& rows, u64 row) {
    const u64 number = rows.first() + row;
    const auto id_text = rows.value(id, row);
    if (!id_text) return findings.problem(path, number, "has no id");
    order.row(number, *id_text,
              text ? DocKey{} : needed_key(rows.value(key, row).value_or(""), path, number));
  });
}

// Rows of a table that a step made are placed by their keys.
void verify_table_order(const TextShardReader& reader, const std::string& path,
                        const Pipeline& pipeline, const Placement& placement,
                        VerifyFindings& findings) {
  const std::string folder = ShardName::parse(path).folder;
  std::optional<TableKey> table;
  for (const Step& step : pipeline.steps) {
    for (TableKey& key : step.global ? step.global->made_tables() : std::vector<TableKey>{}) {
      if (folder == "tables/" + key.name + "/") table = std::move(key);
    }
  }
  if (!table) return findings.problem(path, "no step of the job makes this table");
  std::vector<std::size_t> columns;
  for (const std::string& column : table->by) columns.push_back(reader.column(column));
  OrderCheck order(path, placement, findings);
  for_each_row(reader, [&](const ShardRows& rows, u64 row) {
    std::vector<std::string> numbers(columns.size());  // as text; `key` looks into them
    std::vector<std::optional<std::string_view>> key;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      key.push_back(rows.value(columns[i], row));
      if (!key[i] || reader.schema()[columns[i]].type != Type::int64) continue;
      i64 number = 0;
      std::memcpy(&number, key[i]->data(), sizeof number);
      key[i] = numbers[i] = std::to_string(number);
    }
    order.row(rows.first() + row, aggregate_row_id(key), {});
  });
}

void verify_shard(const Dataset& dataset, const ShardRecord& shard, const Pipeline& pipeline,
                  const Placement& placement, VerifyFindings& findings) {
  const TextShardReader reader = dataset.open(shard);
  const ShardName name = ShardName::parse(shard.path);
  const bool text = shard.path.starts_with("text/");
  if (text) {
    findings.expect(shard.path, "format", reader.format(), std::string(kTextFormat));
  } else if (shard.path.starts_with("ledger/")) {
    require_ledger(reader, shard.path);
  } else if (shard.path.starts_with("clusters/")) {
    require_clusters(reader, shard.path);
  } else {
    findings.expect(shard.path, "format", reader.format(), std::string(kTableFormat));
  }
  findings.expect(shard.path, "n_documents", reader.n_documents(), shard.documents);
  findings.expect(shard.path, "split", reader.split(), shard.split);
  if (text) findings.expect(shard.path, "folder", name.folder, "text/" + shard.split + "/");
  findings.expect(shard.path, "logical_digest", reader.logical_digest(), shard.logical_digest);
  reader.verify();
  if (shard.path.starts_with("tables/")) {
    verify_table_order(reader, shard.path, pipeline, placement, findings);
  } else {
    verify_order(reader, shard.path, placement, findings);
  }
}

}  // namespace

void verify_file(const Dataset& dataset, const ShardRecord& shard, VerifyFindings& findings) {
  const auto verify = [&](const std::string& name, u64 size, const std::string& sha256) {
    const fs::path path = dataset.folder() / name;
    if (!fs::is_regular_file(path)) return findings.problem(name, "the file is missing");
    const u64 bytes = fs::file_size(path);
    findings.expect(name, "size in bytes", bytes, size);
    // Cut or grown files need no digest to be found.
    if (bytes == size) findings.expect(name, "sha256", sha256_of_file(path), sha256);
  };
  verify(shard.path, shard.bytes, shard.sha256);
  for (const ShardFile& file : shard.files) {
    std::error_code missing;
    const bool same =
        file.sha256 == shard.sha256 &&
        fs::equivalent(dataset.folder() / file.path, dataset.folder() / shard.path, missing);
    if (!same) verify(file.path, file.bytes, file.sha256);  // another name needs no second look
    if (file.path.ends_with(".bin")) {
      findings.expect(file.path, "sha256 in the manifest", file.sha256, shard.sha256);
    }
  }
}

void verify_files(const Dataset& dataset, VerifyFindings& findings) {
  const Manifest& manifest = dataset.manifest();
  u64 bytes = 0;
  for (const ShardRecord& shard : manifest.shards) {
    verify_file(dataset, shard, findings);
    bytes += shard.bytes;
  }
  verify_no_others(dataset, findings);
  const fs::path quarantine = dataset.folder() / "quarantine.jsonl";
  const u64 lines = fs::exists(quarantine) ? count_lines(quarantine) : 0;
  findings.expect("quarantine.jsonl", "number of lines", lines, manifest.quarantined);
  const fs::path certificate = dataset.folder() / "contamination.json";
  findings.expect(
      "contamination.json", "sha256",
      fs::exists(certificate) ? sha256_of_file(certificate) : "no such file",
      manifest.contamination_sha256.empty() ? "no such file" : manifest.contamination_sha256);
  for (const char* name : {"report.txt", "report.html", "run.json", "data_card.md"}) {
    if (!fs::exists(dataset.folder() / name)) findings.problem(name, "the file is missing");
  }
  if (!fs::exists(dataset.folder() / "_SUCCESS")) {
    findings.problem("_SUCCESS", "the file is missing");
  } else {
    const std::string success = read_whole_file(dataset.folder() / "_SUCCESS");
    findings.expect("_SUCCESS", "content", success.substr(0, success.find('\n')),
                    manifest.logical_digest);
  }
  findings.checked(std::to_string(manifest.shards.size()) + " files of " + std::to_string(bytes) +
                   " bytes: whether all are there and no others, sizes and SHA-256");
}

void verify_shards(const Dataset& dataset, const Job& job, const Tokenizer* tokenizer,
                   VerifyFindings& findings) {
  const Placement placement(job);
  const Pipeline pipeline = make_pipeline(job);
  const Manifest& manifest = dataset.manifest();
  std::vector<std::pair<std::string, std::string>> digests;
  u64 rows = 0;
  TokenShardCheck tokens(dataset, job, pipeline, placement, tokenizer, findings);
  verify_prefixes(dataset, findings);
  for (const ShardRecord& shard : manifest.shards) {
    try {
      if (shard.path.starts_with("tokens/")) {
        tokens.shard(shard);
      } else {
        verify_shard(dataset, shard, pipeline, placement, findings);
      }
    } catch (const DataError& error) {  // one shard that cannot be read hides no other
      findings.problem(shard.path, error.what());
    }
    digests.emplace_back(shard.path, shard.logical_digest);
    rows += shard.documents;
  }
  tokens.sums();
  findings.expect("manifest.json", "logical_digest", manifest.logical_digest,
                  dataset_digest(std::move(digests)));
  findings.checked(std::to_string(rows) +
                   " rows: offsets, logical digests, order, and that each is in its shard");
}

}  // namespace shardmill
