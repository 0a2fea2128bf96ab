// The second part of PublishedRows: rows on their way to their shards.
#include "engine/batch/wire.hpp"
#include "jobs/run/block_tokens.hpp"
#include "jobs/run/fate.hpp"
#include "jobs/run/published_rows.hpp"
#include "jobs/run/published_tables.hpp"
#include "jobs/run/text_values.hpp"

namespace shardmill {

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
  u64 loaded = UINT64_MAX;
  bool with_texts = false;
  TextColumn ids;
  TextValues values(decided_.job, decided_.resolution.added);
  for_each_fate(decided_.pipeline, decided_.documents, decided_.resolution, decided_.groups,
                decided_.lineage,
                [&](const Documents::Block& block, std::size_t row, const Fate& fate) {
                  if (!fate.kept()) return;
                  if (block.serial != loaded) {
                    loaded = block.serial;
                    with_texts = false;
                    block.fragment.ids(block.number, ids);
                  }
                  const DocEntry& entry = block.entries[row];
                  const u32 table = numbers.text(split_of(decided_, fate, ids[row]),
                                                 decided_.catalog.shard_epoch(block.epoch));
                  const std::size_t shard = plan.find(table, entry.place);
                  if (!shuffle.wanted(shard)) return;
                  if (!std::exchange(with_texts, true)) values.load(block, tables_[table].schema);
                  shuffle.put(shard, {entry.place, ids[row], entry.key, 0},
                              values.of(row, ids[row], entry, fate));
                });
}

void PublishedRows::put_tokens(const ShardPlan& plan, ShardShuffle& shuffle) const {
  const TableNumbers numbers = numbers_of(decided_);
  BlockTokens tokens(decided_.pipeline, *decided_.pipeline.tokenize());
  u64 loaded = UINT64_MAX;
  TextColumn ids;
  for_each_fate(
      decided_.pipeline, decided_.documents, decided_.resolution, decided_.groups, decided_.lineage,
      [&](const Documents::Block& block, std::size_t row, const Fate& fate) {
        if (!fate.kept()) return;
        if (block.serial != loaded) {
          loaded = block.serial;
          tokens.begin(block);
          block.fragment.ids(block.number, ids);
        }
        const DocEntry& entry = block.entries[row];
        const u32 table = numbers.tokens(split_of(decided_, fate, ids[row]),
                                         decided_.catalog.shard_epoch(block.epoch));
        const std::size_t shard = plan.find(table, entry.place);
        if (!shuffle.wanted(shard)) return;
        const std::string key = entry.key.text();
        const std::optional<std::string_view> values[] = {
            ids[row], key, decided_.job.sources[entry.source].settings.name, tokens.ids(row, fate)};
        shuffle.put(shard, {entry.place, ids[row], entry.key, 0}, values);
      });
}

}  // namespace shardmill
