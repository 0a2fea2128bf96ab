// The command `export`: the documents in another format.
#pragma once

#include <string>

#include "jobs/command/arguments.hpp"
#include "operators/write/text_shard_reader.hpp"

namespace shardmill {

// One document as a JSON object without line end: its columns by name, absent ones left out, json
// columns as they are, and `split` unless a column has that name.
[[nodiscard]] std::string document_json(const TextShardReader& reader, const ShardRows& rows,
                                        u64 row);

// Writes every document, in the order of the shards' paths and their rows, as JSON lines to stdout
// or, atomically, to the file --to. Each shard is compared with its digest before it is read; an
// Error with the exit code of `verify` names one that is damaged. Returns the exit code;
// ConfigError for another format.
int export_documents(const Arguments& arguments);

}  // namespace shardmill
