#include "operators/write/shard_plan.hpp"

#include <algorithm>
#include <cstdio>

#include "engine/hash/hash.hpp"

namespace shardmill {
namespace {

// A node of a trie and what lies below it.
struct Node {
  u32 table = 0;
  u32 depth = 0;
  u64 prefix = 0;
  u64 rows = 0;
  u64 bytes = 0;
  u64 content = 0;
  u64 lowest = UINT64_MAX;
  u64 highest = 0;
};

// The node that holds a place, or null: nodes are sorted and disjoint.
template <class Nodes>
auto holder(Nodes& nodes, u32 table, u64 place) -> decltype(nodes.data()) {
  auto after = std::upper_bound(nodes.begin(), nodes.end(), place, [&](u64 p, const auto& node) {
    return node.table != table ? node.table > table : node.prefix > p;
  });
  if (after == nodes.begin()) return nullptr;
  --after;
  const bool inside = after->table == table &&
                      (after->depth == 0 || (after->prefix ^ place) >> (64 - after->depth) == 0);
  return inside ? &*after : nullptr;
}

// Collective: what lies below each node, over all ranks. One pass over the heads.
void measure(Cluster& cluster, const Records<RowHead>& heads, std::vector<Node>& nodes) {
  heads.for_each([&](const RowHead& head) {
    Node* node = holder(nodes, head.table, head.place);
    if (node == nullptr) return;
    ++node->rows;
    node->bytes += head.bytes;
    // The place is part of it: another order of the same rows is another file.
    node->content += mix64(head.content ^ mix64(head.place));
    node->lowest = std::min(node->lowest, head.place);
    node->highest = std::max(node->highest, head.place);
  });
  std::vector<u64> sums;
  std::vector<u64> highest;
  for (const Node& node : nodes) {
    sums.insert(sums.end(), {node.rows, node.bytes, node.content});
    highest.insert(highest.end(), {node.highest, ~node.lowest});
  }
  sums = cluster.control.all_sum(sums);
  highest = cluster.control.all_max(highest);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    nodes[i].rows = sums[3 * i];
    nodes[i].bytes = sums[3 * i + 1];
    nodes[i].content = sums[3 * i + 2];
    nodes[i].highest = highest[2 * i];
    nodes[i].lowest = ~highest[2 * i + 1];
  }
}

Shard shard_of(const Node& node, const TableSpec& table) {
  std::string bits;
  for (u32 bit = 0; bit < node.depth; ++bit)
    bits += (node.prefix >> (63 - bit) & 1) != 0 ? '1' : '0';
  char epoch[16];
  std::snprintf(epoch, sizeof epoch, "%04u-", table.epoch);
  Hasher128 columns;
  columns.add_field(table.format).add_field(table.split).add_number(node.content);
  if (table.tokens) {
    columns.add_field(table.tokens->tokenizer).add_number(table.tokens->vocabulary_size);
    columns.add_number(table.tokens->end).add_field(table.made_by);
  }
  for (const ColumnSpec& column : table.schema) {
    columns.add_field(column.name).add_number(static_cast<u64>(column.type));
    if (column.type == Type::vector) columns.add_number(column.dimensions);
  }
  return {node.table,
          node.depth,
          node.prefix,
          node.rows,
          node.bytes,
          columns.digest().low,
          table.folder + epoch + (bits.empty() ? "r" : bits) + ".h5"};
}

}  // namespace

ShardPlan::ShardPlan(Cluster& cluster, const std::vector<TableSpec>& tables,
                     const Records<RowHead>& heads, u64 shard_size) {
  std::vector<Node> nodes;
  for (u32 t = 0; t < tables.size(); ++t) nodes.push_back({.table = t});
  while (!nodes.empty()) {
    measure(cluster, heads, nodes);
    std::vector<Node> next;
    for (const Node& node : nodes) {
      if (node.rows == 0) continue;
      const u64 own = tables[node.table].shard_size;
      if (node.bytes <= (own > 0 ? own : shard_size) || node.lowest == node.highest) {
        shards_.push_back(shard_of(node, tables[node.table]));
        continue;
      }
      const u32 depth = node.depth + 1;
      next.push_back({.table = node.table, .depth = depth, .prefix = node.prefix});
      next.push_back(
          {.table = node.table, .depth = depth, .prefix = node.prefix | u64{1} << (64 - depth)});
    }
    nodes = std::move(next);
  }
  std::sort(shards_.begin(), shards_.end(), [](const Shard& a, const Shard& b) {
    return a.table != b.table ? a.table < b.table : a.prefix < b.prefix;
  });
}

std::size_t ShardPlan::find(u32 table, u64 place) const {
  const Shard* shard = holder(shards_, table, place);
  if (shard == nullptr) throw InternalError("no shard for a row");
  return static_cast<std::size_t>(shard - shards_.data());
}

}  // namespace shardmill
