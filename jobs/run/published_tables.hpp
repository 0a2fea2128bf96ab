// The tables of a snapshot, and which of them a document is in.
#pragma once

#include <string_view>
#include <vector>

#include "jobs/run/decided.hpp"
#include "jobs/run/fate.hpp"
#include "operators/write/shard_plan.hpp"

namespace shardmill {

// Which table is which: texts by split and epoch, then the ledger, then clusters, by epoch, then
// those that steps make, then tokens by split and epoch.
struct TableNumbers {
  u32 splits;
  u32 epochs;
  u32 tables_made;
  [[nodiscard]] u32 text(u32 split, u32 epoch) const { return split * epochs + epoch - 1; }
  [[nodiscard]] u32 ledger(u32 epoch) const { return splits * epochs + epoch - 1; }
  [[nodiscard]] u32 clusters(u32 epoch) const { return (splits + 1) * epochs + epoch - 1; }
  [[nodiscard]] u32 made(u32 number) const { return (splits + 2) * epochs + number; }
  [[nodiscard]] u32 tokens(u32 split, u32 epoch) const {
    return made(tables_made) + split * epochs + epoch - 1;
  }
};

[[nodiscard]] TableNumbers numbers_of(const Decided& decided);

// By these numbers.
[[nodiscard]] std::vector<TableSpec> list_tables(const Decided& decided);

// The split of a document that is kept.
[[nodiscard]] u32 split_of(const Decided& decided, const Fate& fate, std::string_view id);

}  // namespace shardmill
