// The command `export`: the documents, or their tokens, in another format.
#pragma once

#include <string>

#include "jobs/command/arguments.hpp"
#include "jobs/command/dataset.hpp"
#include "operators/write/text_shard_reader.hpp"

namespace shardmill {

// One document as a JSON object without line end: its columns by name, absent ones left out, json
// columns as they are, and `split` unless a column has that name.
[[nodiscard]] std::string document_json(const TextShardReader& reader, const ShardRows& rows,
                                        u64 row);

// What a disk has changed must not go on as if it were the document: an Error with the exit code of
// `verify` for a shard that is damaged.
void require_whole(const Dataset& dataset, const ShardRecord& shard);

// Writes every document, in the order of the shards' paths and their rows, as JSON lines to stdout
// or, atomically, to the file --to, as one zstd frame when it ends in .zst; or their tokens
// (export_tokens.hpp). Each shard is compared with its digest before it is read. Returns the exit
// code.
int export_documents(const Arguments& arguments);

}  // namespace shardmill
