#include "jobs/run/added_columns.hpp"

#include <algorithm>

#include "engine/batch/wire.hpp"
#include "engine/exchange/shuffle.hpp"

namespace shardmill {

void AddedColumns::add(Cluster& cluster, const Documents& documents, const Step& step, u32 number,
                       const Rows& values, std::vector<u64> kinds) {
  std::vector<std::string> columns = step.global->added_columns();
  if (columns.empty()) return;
  const std::string name = step.label + ".values";
  RowShuffle homeward(cluster, name, cluster.budget.lease(name, 0.05));
  values.for_each([&](std::string_view key, std::string_view payload) {
    homeward.put(documents.home({read_sortable(key)}), key, payload);
  });
  const bool replaces =
      step.settings->has("on_conflict") && step.settings->text("on_conflict") == "right";
  steps_.push_back(
      {number, &step, replaces, std::move(columns), std::move(kinds), homeward.finish()});
  steps_.back().values.sort();
}

Schema AddedColumns::merged_with(const Schema& own) const {
  Schema merged = own;
  for (const Added& added : steps_) {
    for (std::size_t i = 0; i < added.columns.size(); ++i) {
      const std::string& name = added.columns[i];
      const u8 kinds = narrow<u8>(added.kinds[i]);
      const auto there = std::find_if(merged.begin(), merged.end(), [&](const ColumnSpec& column) {
        return column.name == name;
      });
      if (there == merged.end()) {
        merged.push_back({name, type_of_seen(kinds)});
        continue;
      }
      there->type = type_of_seen(seen_of_type(there->type) | kinds);
    }
  }
  std::sort(merged.begin(), merged.end());
  return merged;
}

AddedColumns::Walk::Walk(const AddedColumns& columns) : columns_(columns) {
  for (const Added& added : columns.steps_) cursors_.push_back(added.values.cursor());
  // A row lives in its cursor: only now do these stay where they are.
  for (Rows::Cursor& cursor : cursors_) heads_.push_back(cursor.next());
}

void AddedColumns::Walk::at(DocKey key, std::vector<AddedValues>& added) {
  added.clear();
  for (std::size_t i = 0; i < heads_.size(); ++i) {
    const Row*& head = heads_[i];
    while (head != nullptr && read_sortable(head->key) < key.value) head = cursors_[i].next();
    if (head == nullptr || read_sortable(head->key) != key.value) continue;
    const Added& step = columns_.steps_[i];
    WireReader in(head->payload, "added values");
    AddedValues values{step.number, in.number(), {}};
    for (std::size_t c = 0; c < step.columns.size(); ++c) values.json.push_back(in.optional_text());
    added.push_back(std::move(values));
  }
}

}  // namespace shardmill
