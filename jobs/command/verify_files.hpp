// The part of `verify` that looks at files and shards, each by itself.
#pragma once

#include "jobs/command/dataset.hpp"
#include "jobs/command/placement.hpp"
#include "jobs/command/verify_findings.hpp"
#include "operators/tokenize/tokenizer.hpp"

namespace shardmill {

// A shard's file is there with its size and SHA-256, and so are those that belong to it; `.bin` has
// the bytes of the shard.
void verify_file(const Dataset& dataset, const ShardRecord& shard, VerifyFindings& findings);

// Every file of the manifest is there with its size and SHA-256; text/, ledger/, clusters/ and
// tables/ hold nothing else; quarantine.jsonl has as many lines as the manifest says; _SUCCESS is
// there.
void verify_files(const Dataset& dataset, VerifyFindings& findings);

// Every shard can be read to its end and says what the manifest says: rows, split, logical digest,
// also that of the dataset. Rows are in order and belong where they are; no two shards of a table
// share a place. Of token shards see verify_token_shards.hpp.
void verify_shards(const Dataset& dataset, const Job& job, const Tokenizer* tokenizer,
                   VerifyFindings& findings);

}  // namespace shardmill
