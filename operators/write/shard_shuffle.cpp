#include "operators/write/shard_shuffle.hpp"

#include <memory>
#include <variant>

#include "cluster/agree.hpp"
#include "cluster/signals.hpp"
#include "cluster/watchdog.hpp"
#include "engine/batch/wire.hpp"
#include "operators/write/sample_shard_writer.hpp"
#include "operators/write/token_shard_writer.hpp"

namespace shardmill {
namespace {

constexpr u64 kAbsent = UINT64_MAX;

// The values of one row, out of its payload.
void unpack(std::string_view payload, std::vector<std::optional<std::string_view>>& values) {
  WireReader in(payload, "a row on its way to its shard");
  for (auto& value : values) {
    value.reset();
    if (in.number() != kAbsent) value = in.text();
  }
}

std::size_t shard_of_key(std::string_view key) { return read_sortable(key); }

}  // namespace

ShardShuffle::ShardShuffle(Cluster& cluster, const std::vector<TableSpec>& tables,
                           const ShardPlan& plan, std::vector<std::optional<Rank>> writer,
                           double memory_fraction)
    : cluster_(cluster),
      tables_(tables),
      plan_(plan),
      writer_(std::move(writer)),
      rows_(cluster, "write.rows", cluster.budget.lease("write.rows", memory_fraction)) {}

bool ShardShuffle::wanted(std::size_t shard) const {
  return writer_[shard].has_value() && !cluster_.stop.is_set();
}

void ShardShuffle::put(std::size_t shard, const RowOrder& order, RowValues values) {
  key_.clear();
  append_sortable(key_, shard);
  append_sortable(key_, order.place);
  // Equal places mean equal ids but for a collision of 64-bit hashes, which only needs some order.
  key_.append(order.id);
  append_sortable(key_, order.key.value);
  append_sortable(key_, order.number);
  payload_.clear();
  WireWriter out(payload_);
  for (const auto& value : values) {
    out.number(value.has_value() ? 0 : kAbsent);
    if (value.has_value()) out.text(*value);
  }
  rows_.put(*writer_[shard], key_, payload_);
}

void ShardShuffle::finish(
    const std::filesystem::path& folder,
    const std::function<void(std::size_t shard, const ShardInfo&)>& on_shard) {
  Rows rows = rows_.finish();
  constexpr const char* kStopped =
      "stopped by a signal while writing; the same command goes on from here";
  // A rank that was asked has put no more rows: nobody has whole shards then.
  stop_if_asked(cluster_.control, cluster_.stop, kStopped);
  // From here on each rank is alone: one that meets a full disk lets the others finish theirs.
  agree_all(cluster_.control, [&] { write(rows, folder, on_shard); });
  stop_if_asked(cluster_.control, cluster_.stop, kStopped);
}

void ShardShuffle::write(
    Rows& rows, const std::filesystem::path& folder,
    const std::function<void(std::size_t shard, const ShardInfo&)>& on_shard) const {
  rows.sort();
  // First how much there is of each shard, since HDF5 lays out room at once; then the rows.
  std::vector<ShardTotals> totals(plan_.shards().size());
  std::vector<SampleTotals> samples(plan_.shards().size());
  std::unique_ptr<SampleCounter> counter;
  std::size_t counted = SIZE_MAX;
  const auto end_count = [&] {
    if (counter) samples[counted] = counter->finish();
    counter.reset();
  };
  std::vector<std::optional<std::string_view>> values;
  rows.for_each([&](std::string_view key, std::string_view payload) {
    const std::size_t shard = shard_of_key(key);
    const TableSpec& table = tables_[plan_.shards()[shard].table];
    const std::size_t columns = table.schema.size();
    values.resize(columns);
    unpack(payload, values);
    if (shard != counted) {
      end_count();
      counted = shard;
      if (table.tokens && table.tokens->samples)
        counter = std::make_unique<SampleCounter>(*table.tokens);
    }
    if (counter) counter->add(values);
    totals[shard].text_bytes.resize(columns);
    ++totals[shard].documents;
    for (std::size_t c = 0; c < columns; ++c) {
      totals[shard].text_bytes[c] += values[c].value_or("").size();
    }
  });
  end_count();
  std::variant<std::monostate, TextShardWriter, TokenShardWriter, SampleShardWriter> writer;
  std::size_t open = SIZE_MAX;
  Span::Clock::time_point begun;
  const auto close = [&] {
    if (std::holds_alternative<std::monostate>(writer)) return;
    const ShardInfo info = std::visit(
        [](auto& open_shard) -> ShardInfo {
          if constexpr (requires { open_shard.close(); }) return open_shard.close();
          return {};
        },
        writer);
    writer.emplace<std::monostate>();
    cluster_.spans.add({"shard",
                        plan_.shards()[open].path,
                        begun,
                        Span::Clock::now(),
                        {{"rows", info.documents}, {"bytes", info.bytes}}});
    on_shard(open, info);
  };
  constexpr u64 kShownRows = 1024;
  u64 written = 0;
  Portion portion(cluster_.watchdog, "writing rows", rows.size(), "rows");
  Rows::Cursor next = rows.cursor();
  while (const Row* row = next.next()) {
    const std::size_t shard = shard_of_key(row->key);
    const Shard& planned = plan_.shards()[shard];
    const TableSpec& table = tables_[planned.table];
    if (shard != open) {
      close();
      if (cluster_.stop.is_set()) return;  // what is written stays
      open = shard;
      begun = Span::Clock::now();
      const std::filesystem::path path = folder / planned.path;
      std::filesystem::create_directories(path.parent_path());
      cluster_.watchdog.doing("writing " + planned.path);
      cluster_.watchdog.progress();
      if (table.tokens && table.tokens->samples) {
        writer.emplace<SampleShardWriter>(folder, planned.path, samples[shard], table.split,
                                          *table.tokens);
      } else if (table.tokens) {
        writer.emplace<TokenShardWriter>(folder, planned.path, totals[shard], table.split,
                                         *table.tokens);
      } else {
        writer.emplace<TextShardWriter>(path, table.schema, totals[shard], table.split,
                                        table.format);
      }
    }
    if (++written % kShownRows == 0) portion.advance(kShownRows);
    values.resize(table.schema.size());
    unpack(row->payload, values);
    std::visit(
        [&](auto& open_shard) {
          if constexpr (requires { open_shard.add(values); }) open_shard.add(values);
        },
        writer);
  }
  close();
}

}  // namespace shardmill
