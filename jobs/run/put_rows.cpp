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
  u64 place;
  u32 copy;
};

// Calls f(WantedRow) for each place of a document that is kept. Where: begin(block); table(split,
// epoch), its number; copies(row, id, split, fate), how often it is there; place(entry, id, copy).
template <class Where, class F>
void for_each_wanted(const Decided& decided, const ShardPlan& plan, const ShardShuffle& shuffle,
                     Where&& where, F&& f) {
  u64 loaded = UINT64_MAX;
  bool first = true;
  TextColumn ids;
  for_each_fate(decided.pipeline, decided.documents, decided.resolution, decided.groups,
                decided.lineage,
                [&](const Documents::Block& block, std::size_t row, const Fate& fate) {
                  if (!fate.kept()) return;
                  if (block.serial != loaded) {
                    loaded = block.serial;
                    first = true;
                    block.fragment.ids(block.number, ids);
                    where.begin(block);
                  }
                  const DocEntry& entry = block.entries[row];
                  const u32 split = split_of(decided, fate, ids[row]);
                  const u32 table = where.table(split, decided.catalog.shard_epoch(block.epoch));
                  const u32 copies = where.copies(row, ids[row], split, fate);
                  for (u32 copy = 0; copy < copies; ++copy) {
                    const u64 place = where.place(entry, ids[row], copy);
                    const std::size_t shard = plan.find(table, place);
                    if (!shuffle.wanted(shard)) continue;
                    f(WantedRow{block, std::exchange(first, false), row, ids[row], fate, table,
                                shard, place, copy});
                  }
                });
}

// Each text stands in its shard once, at its own place.
struct TextPlaces {
  TableNumbers numbers;
  void begin(const Documents::Block&) {}
  [[nodiscard]] u32 table(u32 split, u32 epoch) const { return numbers.text(split, epoch); }
  [[nodiscard]] u32 copies(std::size_t, std::string_view, u32, const Fate&) const { return 1; }
  [[nodiscard]] u64 place(const DocEntry& entry, std::string_view, u32) const {
    return entry.place;
  }
};

struct TokenPlaces {
  TableNumbers numbers;
  TokenCopies weighted;
  void begin(const Documents::Block& block) { weighted.begin(block); }
  [[nodiscard]] u32 table(u32 split, u32 epoch) const { return numbers.tokens(split, epoch); }
  u32 copies(std::size_t row, std::string_view id, u32 split, const Fate& fate) {
    return weighted.of(row, id, split, fate);
  }
  [[nodiscard]] u64 place(const DocEntry& entry, std::string_view id, u32 copy) const {
    return weighted.place(entry, id, copy);
  }
};

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
  TextValues values(decided_.job, decided_.resolution.added);
  TextPlaces places{numbers_of(decided_)};
  for_each_wanted(decided_, plan, shuffle, places, [&](const WantedRow& at) {
    if (at.first) values.load(at.block, tables_[at.table].schema);
    const DocEntry& entry = at.block.entries[at.row];
    shuffle.put(at.shard, {at.place, at.id, entry.key, 0},
                values.of(at.row, at.id, entry, at.fate));
  });
}

void PublishedRows::put_tokens(const ShardPlan& plan, ShardShuffle& shuffle) const {
  BlockTokens tokens(decided_.pipeline, *decided_.pipeline.tokenize());
  TokenPlaces places{numbers_of(decided_), TokenCopies(decided_, weights_)};
  for_each_wanted(decided_, plan, shuffle, places, [&](const WantedRow& at) {
    if (at.first) tokens.begin(at.block);
    const DocEntry& entry = at.block.entries[at.row];
    const std::string key = entry.key.text();
    const std::string copy = std::to_string(at.copy);
    const std::optional<std::string_view> values[] = {
        copy, at.id, key, decided_.job.sources[entry.source].settings.name,
        tokens.ids(at.row, at.fate)};
    shuffle.put(at.shard, {at.place, at.id, entry.key, at.copy}, values);
  });
}

}  // namespace shardmill
