// What concerns several settings of write.tokens, or these and the steps.
#pragma once

#include <optional>
#include <string>

#include "cluster/error.hpp"
#include "engine/plan/token_format.hpp"
#include "jobs/spec/job.hpp"
#include "jobs/spec/node.hpp"

namespace shardmill {

// Ids are of the text as it is published: whatever changes it comes before. What cuts items out
// when documents are published may stand anywhere (jobs/run/block_tokens.hpp). `write`: the job's
// map. ConfigError, with the place in the job file, for that and what write.tokens has wrong.
void check_tokens(const Job& job, const Node& write);

// Of layout sample; nothing for another one.
[[nodiscard]] std::optional<SampleFormat> sample_format(const Settings& write_tokens);

// Whether documents may stand in token shards more or less often than once, and in which split.
[[nodiscard]] bool weighs_tokens(const Settings& write_tokens);
[[nodiscard]] std::string weighted_split(const Job& job);
// That all documents of it have weight 0.
[[nodiscard]] ConfigError nothing_weighted(const Settings& write_tokens);

}  // namespace shardmill
