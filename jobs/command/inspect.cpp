#include "jobs/command/inspect.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/observe/progress_text.hpp"
#include "engine/store/logical_digest.hpp"
#include "jobs/command/dataset.hpp"
#include "jobs/command/export.hpp"
#include "jobs/command/inspect_tokens.hpp"
#include "jobs/command/output.hpp"
#include "operators/hdf5/object.hpp"
#include "operators/write/column_name.hpp"

namespace shardmill {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kDocumentsShown = 3;
constexpr std::size_t kExcerptCharacters = 300;

struct ColumnSummary {
  std::set<std::string> types;  // more than one when epochs differ
  u64 present = 0;              // documents with a value
};

// Documents of a shard without a value in this column; reads only its flags.
u64 absent_rows(const Hdf5Object& columns, const ColumnSpec& spec) {
  const std::string name = hdf5_name(spec.name);
  const bool text = spec.type == Type::utf8 || spec.type == Type::json;
  const std::string valid = text ? "valid" : name + std::string(kValidSuffix);
  const Hdf5Object group = text ? columns.open(name) : Hdf5Object();
  const Hdf5Object& parent = text ? group : columns;
  if (!parent.has(valid)) return 0;
  const Hdf5Object flags = parent.open(valid);
  std::vector<u8> bytes(flags.length(Hdf5Element::u8_));
  flags.read(Hdf5Element::u8_, 0, bytes.size(), bytes.data());
  return static_cast<u64>(std::count(bytes.begin(), bytes.end(), u8{0}));
}

struct FirstDocument {
  std::string json;
  std::string line;  // for people
};

struct Contents {
  std::map<std::string, ColumnSummary> columns;
  std::vector<FirstDocument> first;
};

Contents look_into(const Dataset& dataset) {
  Contents contents;
  for (const ShardRecord* shard : dataset.shards("text/")) {
    const TextShardReader reader = dataset.open(*shard);
    const Hdf5Object file = Hdf5Object::open_file(dataset.folder() / shard->path);
    const Hdf5Object columns = file.open("columns");
    for (const ColumnSpec& spec : reader.schema()) {
      ColumnSummary& column = contents.columns[spec.name];
      column.types.insert(std::string(column_type_name(spec.type)));
      column.present += reader.n_documents() - absent_rows(columns, spec);
    }
    const std::size_t id = reader.column("id");
    const std::size_t source = reader.column("source");
    const std::size_t text = reader.column("text");
    ShardRows rows;
    for (u64 at = 0; at < reader.n_documents() && contents.first.size() < kDocumentsShown; ++at) {
      reader.read(at, at + 1, rows);
      contents.first.push_back({document_json(reader, rows, 0),
                                excerpt(rows.value(id, 0).value_or(""), kExcerptCharacters) +
                                    " from " + printable(rows.value(source, 0).value_or("")) +
                                    ", " + shard->path + " row " + std::to_string(at) + "\n    " +
                                    excerpt(rows.value(text, 0).value_or(""), kExcerptCharacters)});
    }
  }
  return contents;
}

std::string as_json(const Dataset& dataset, const Contents& contents) {
  const Manifest& manifest = dataset.manifest();
  Json shards = Json::array();
  for (const ShardRecord& shard : manifest.shards) {
    shards.push_back({{"path", shard.path},
                      {"split", shard.split.empty() ? Json(nullptr) : Json(shard.split)},
                      {"bytes", shard.bytes},
                      {"documents", shard.documents}});
  }
  Json columns = Json::array();
  for (const auto& [name, column] : contents.columns) {
    columns.push_back({{"name", name},
                       {"types", column.types},
                       {"absent", manifest.documents_kept - column.present}});
  }
  const Json json = {{"dataset", manifest.dataset},
                     {"snapshot", manifest.snapshot},
                     {"path", dataset.folder().string()},
                     {"documents_in", manifest.documents_in},
                     {"documents_kept", manifest.documents_kept},
                     {"dropped", manifest.dropped},
                     {"changed", manifest.changed},
                     {"joined", manifest.joined},
                     {"quarantined", manifest.quarantined},
                     {"duplicate_ids", manifest.duplicate_ids},
                     {"splits", manifest.splits},
                     {"logical_digest", manifest.logical_digest},
                     {"shards", shards},
                     {"columns", columns}};
  std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  text.pop_back();
  // Documents are added as they are written elsewhere: json columns byte for byte.
  text += ",\"documents\":[";
  for (const FirstDocument& document : contents.first) {
    text += (text.back() == '[' ? "" : ",") + document.json;
  }
  return text + "]}\n";
}

std::string line(u64 count, const std::string& what) {
  const std::string digits = std::to_string(count);
  return std::string(digits.size() < 14 ? 14 - digits.size() : 0, ' ') + digits + "  " +
         printable(what) + "\n";
}

std::string as_text(const Dataset& dataset, const Contents& contents) {
  const Manifest& manifest = dataset.manifest();
  std::string text = printable(manifest.dataset) + ", snapshot " +
                     std::to_string(manifest.snapshot) + ": " +
                     printable(dataset.folder().string()) + "\n\n";
  text += line(manifest.documents_in, "documents read");
  for (const auto& [step, reasons] : manifest.dropped) {
    for (const auto& [reason, documents] : reasons) {
      text += line(documents, "dropped by " + step + ": " + reason);
    }
  }
  text += line(manifest.documents_kept, "kept");
  for (const auto& [split, documents] : manifest.splits) text += line(documents, "  in " + split);
  for (const auto& [step, documents] : manifest.changed) {
    text += line(documents, "changed by " + step);
  }
  for (const auto& [step, counts] : manifest.joined) {
    text += line(counts.at("documents"), "joined by " + step);
  }
  text += line(manifest.duplicate_ids, "share their id with an earlier document");
  text += line(manifest.quarantined, "records could not be read (quarantine.jsonl)");
  text += "\nshards\n";
  for (const ShardRecord& shard : manifest.shards) {
    text += line(shard.documents,
                 shard.path + ", " + amount_text(static_cast<double>(shard.bytes), "B"));
  }
  text += "\ncolumns\n";
  for (const auto& [name, column] : contents.columns) {
    std::string types;
    for (const std::string& type : column.types) types += (types.empty() ? "" : " or ") + type;
    const u64 absent = manifest.documents_kept - column.present;
    text += "  " + printable(name) + ": " + types +
            (absent == 0 ? "" : ", absent in " + std::to_string(absent)) + "\n";
  }
  text += "\nfirst documents\n";
  for (const FirstDocument& document : contents.first) text += "  " + document.line + "\n";
  return text;
}

}  // namespace

int inspect_dataset(const Arguments& arguments) {
  const Dataset dataset(arguments.directory);
  if (arguments.tokens) return inspect_tokens(dataset, arguments);
  for (const auto& [name, value] :
       {std::pair("vocabulary", arguments.vocabulary), std::pair("merges", arguments.merges),
        std::pair("tokenizer", arguments.tokenizer)}) {
    if (!value.empty()) {
      throw ConfigError("inspect: `--" + std::string(name) + "` goes with `--tokens`");
    }
  }
  const Contents contents = look_into(dataset);
  Output output;
  output.write(arguments.json ? as_json(dataset, contents) : as_text(dataset, contents));
  output.finish();
  return 0;
}

}  // namespace shardmill
