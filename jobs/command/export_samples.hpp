// `export --format hdf5-sample`: token shards of one stream, packed into samples.
#pragma once

#include <filesystem>

#include "engine/plan/token_format.hpp"
#include "jobs/command/dataset.hpp"

namespace shardmill {

// From a token shard of layout corpus, SPLIT/NAME.h5 and token_documents/SPLIT/NAME.h5 below
// `folder`, byte by byte what a run with these settings under write.tokens publishes. Reads the
// shard twice. Memory: that of SampleShardWriter.
void export_samples(const Dataset& dataset, const ShardRecord& shard, const SampleFormat& samples,
                    const std::filesystem::path& folder);

}  // namespace shardmill
