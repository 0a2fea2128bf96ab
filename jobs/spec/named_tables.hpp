// Tables that a job file names once, `tables: {pages: {read: …}}`, for steps that read them.
#pragma once

#include <string>

#include "jobs/spec/node.hpp"

namespace shardmill {

// Every entry of `tables` as if a step read it. ConfigError; `folder`: where relative paths start.
void check_tables(const Node& tables, const std::string& folder);

// The settings of a step as if they had been written without names: where the key `reads` (`with`)
// names a table, the table's settings stand in its place. ConfigError when the step has one of them
// too, or when the value looks like a mistyped name.
[[nodiscard]] Node without_table_name(const Node& step, const char* reads, const Node& tables);

}  // namespace shardmill
