#include "jobs/command/export.hpp"

#include "engine/observe/json_line.hpp"
#include "jobs/command/dataset.hpp"
#include "jobs/command/export_tokens.hpp"
#include "jobs/command/output.hpp"
#include "jobs/command/verify_files.hpp"
#include "operators/write/value_bytes.hpp"
#include "operators/write/zstd_frame.hpp"

namespace shardmill {

void require_whole(const Dataset& dataset, const ShardRecord& shard) {
  VerifyFindings findings;
  verify_file(dataset, shard, findings);
  if (findings.count() == 0) return;
  constexpr int kDamaged = 1;  // as `verify` ends
  throw Error((dataset.folder() / shard.path).string() + ": " + findings.problems().front().what +
                  "; this shard is damaged, and export ends before it",
              kDamaged);
}

std::string document_json(const TextShardReader& reader, const ShardRows& rows, u64 row) {
  const Schema& schema = reader.schema();
  JsonLine line;
  bool has_split = false;
  for (std::size_t c = 0; c < schema.size(); ++c) {
    has_split |= schema[c].name == "split";
    const auto value = rows.value(c, row);
    if (!value) continue;
    if (schema[c].type == Type::utf8) {
      line.add(schema[c].name, *value);
    } else {
      line.add_json(schema[c].name, value_text(schema[c].type, *value));
    }
  }
  if (!has_split) line.add("split", reader.split());
  return line.text();
}

int export_documents(const Arguments& arguments) {
  const Dataset dataset(arguments.directory);
  if (arguments.format != "jsonl") {
    export_tokens(dataset, arguments);
    return 0;
  }
  Output output(arguments.to);
  std::optional<ZstdFrame> frame;
  if (arguments.to.ends_with(".zst")) frame.emplace();
  std::string packed;
  const auto write = [&](std::string_view line) {
    if (!frame) return output.write(line);
    packed.clear();
    frame->add(line, packed);
    output.write(packed);
  };
  for (const ShardRecord* shard : dataset.shards("text/")) {
    require_whole(dataset, *shard);
    const TextShardReader reader = dataset.open(*shard);
    for_each_row(reader, [&](const ShardRows& rows, u64 row) {
      write(document_json(reader, rows, row) + "\n");
    });
  }
  if (frame) {
    packed.clear();
    frame->end(packed);
    output.write(packed);
  }
  output.finish();
  return 0;
}

}  // namespace shardmill
