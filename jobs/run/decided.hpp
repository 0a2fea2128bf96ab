// Everything that the rows of a snapshot are made from.
#pragma once

#include "jobs/run/groups.hpp"
#include "jobs/run/pipeline.hpp"
#include "jobs/run/resolve.hpp"

namespace shardmill {

// What the rows are made from; all of it outlives PublishedRows.
struct Decided {
  const Job& job;
  const Pipeline& pipeline;
  const Catalog& catalog;
  const Documents& documents;
  const Resolution& resolution;
  const Groups& groups;
  const LineageGroups* lineage;  // with a split by columns; else null
  const Splits& splits;
  bool split_by_cluster = true;
};

}  // namespace shardmill
