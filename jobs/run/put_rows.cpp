// The second part of PublishedRows: rows on their way to their shards.
#include "engine/batch/wire.hpp"
#include "jobs/run/block_tokens.hpp"
#include "jobs/run/fate.hpp"
#include "jobs/run/published_rows.hpp"
#include "jobs/run/published_tables.hpp"
#include "jobs/run/text_values.hpp"

namespace shardmill {
namespace {

// A document that is kept and whose shard is to be written.
struct WantedRow {
  const Documents::Block& block;
  bool first;  // of its block
  std::size_t row;
  std::string_view id;
  const Fate& fate;
  u32 table;
  std::size_t shard;
};

// table_of(split, epoch): its number.
template <class TableOf, class F>
void for_each_wanted(const Decided& decided, const ShardPlan& plan, const ShardShuffle& shuffle,
                     TableOf&& table_of, F&& f) {
  u64 loaded = UINT64_MAX;
  bool first = true;
  TextColumn ids;
  for_each_fate(
      decided.pipeline, decided.documents, decided.resolution, decided.groups, decided.lineage,
      [&](const Documents::Block& block, std::size_t row, const Fate& fate) {
        if (!fate.kept()) return;
        if (block.serial != loaded) {
          loaded = block.serial;
          first = true;
          block.fragment.ids(block.number, ids);
        }
        const u32 table =
            table_of(split_of(decided, fate, ids[row]), decided.catalog.shard_epoch(block.epoch));
        const std::size_t shard = plan.find(table, block.entries[row].place);
        if (!shuffle.wanted(shard)) return;
        f(WantedRow{block, std::exchange(first, false), row, ids[row], fate, table, shard});
      });
}

}  // namespace

void PublishedRows::put_all(const ShardPlan& plan, ShardShuffle& shuffle) const {
  put_small_tables(plan, shuffle);
  put_texts(plan, shuffle);
  if (decided_.pipeline.tokenize()) put_tokens(plan, shuffle);
}

void PublishedRows::put_small_tables(const ShardPlan& plan, ShardShuffle& shuffle) const {
  std::vector<std::optional<std::string_view>> values;
  small_rows_.for_each([&](std::string_view, std::string_view payload) {
    WireReader in(payload, "a row of a small table");
    const u32 table = narrow<u32>(in.number());
    RowOrder order;
    order.place = in.number();
    order.id = in.text();
    order.key = DocKey{in.number()};
    order.number = in.number();
    const std::size_t shard = plan.find(table, order.place);
    if (!shuffle.wanted(shard)) return;
    values.assign(tables_[table].schema.size(), std::nullopt);
    for (auto& value : values) {
      const bool present = in.number() != 0;
      const std::string_view text = in.text();
      if (present) value = text;
    }
    shuffle.put(shard, order, values);
  });
}

void PublishedRows::put_texts(const ShardPlan& plan, ShardShuffle& shuffle) const {
  const TableNumbers numbers = numbers_of(decided_);
  TextValues values(decided_.job, decided_.resolution.added);
  const auto table_of = [&](u32 split, u32 epoch) { return numbers.text(split, epoch); };
  for_each_wanted(decided_, plan, shuffle, table_of, [&](const WantedRow& at) {
    if (at.first) values.load(at.block, tables_[at.table].schema);
    const DocEntry& entry = at.block.entries[at.row];
    shuffle.put(at.shard, {entry.place, at.id, entry.key, 0},
                values.of(at.row, at.id, entry, at.fate));
  });
}

void PublishedRows::put_tokens(const ShardPlan& plan, ShardShuffle& shuffle) const {
  const TableNumbers numbers = numbers_of(decided_);
  BlockTokens tokens(decided_.pipeline, *decided_.pipeline.tokenize());
  const auto table_of = [&](u32 split, u32 epoch) { return numbers.tokens(split, epoch); };
  for_each_wanted(decided_, plan, shuffle, table_of, [&](const WantedRow& at) {
    if (at.first) tokens.begin(at.block);
    const DocEntry& entry = at.block.entries[at.row];
    const std::string key = entry.key.text();
    const std::optional<std::string_view> values[] = {
        at.id, key, decided_.job.sources[entry.source].settings.name, tokens.ids(at.row, at.fate)};
    shuffle.put(at.shard, {entry.place, at.id, entry.key, 0}, values);
  });
}

}  // namespace shardmill
