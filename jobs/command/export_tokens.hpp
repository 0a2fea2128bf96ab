// The command `export` for token shards: what a trainer reads, one folder a split.
#pragma once

#include "jobs/command/arguments.hpp"
#include "jobs/command/dataset.hpp"

namespace shardmill {

// Writes below `folder`, which is made and must be empty:
//   megatron  SPLIT/NAME.bin, .idx: second names of the shard's files, copies on another file
//   system nanogpt   SPLIT.bin: ids of all shards (uint16 only); `validation` is called val
//   nanotron  SPLIT/NAME.ds: ids; .ds.index: ends of documents in tokens, u64; .ds.metadata
//   olmo      SPLIT/NAME.npy: ids, without a header; .csv.gz: start, end, id, source of documents
//   hdf5-sample  SPLIT/NAME.h5: samples; token_documents/SPLIT/NAME.h5: which pieces are whose
// ConfigError: no token shards, a folder that is not empty, ids that a format cannot hold.
void export_tokens(const Dataset& dataset, const Arguments& arguments);

}  // namespace shardmill
