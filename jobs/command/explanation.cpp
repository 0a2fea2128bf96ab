#include "jobs/command/explanation.hpp"

#include <algorithm>
#include <set>

#include "engine/hash/hash.hpp"
#include "jobs/command/ledger_rows.hpp"

namespace shardmill {
namespace {

std::optional<std::string> owned(const std::optional<std::string_view>& text) {
  return text ? std::optional<std::string>(*text) : std::nullopt;
}

FoundRow own(const LedgerEntry& entry, DocKey key, u32 epoch) {
  return {.id = std::string(entry.id),
          .key = key,
          .source = std::string(entry.source),
          .step = std::string(entry.step),
          .fate = std::string(entry.fate),
          .reason = std::string(entry.reason.value_or("")),
          .witness = owned(entry.witness),
          .witness_key = std::string(entry.witness_key.value_or("")),
          .score = entry.score,
          .detector = std::string(entry.detector.value_or("")),
          .span = entry.span.value_or(std::pair<i64, i64>()),
          .cluster = std::string(entry.cluster.value_or("")),
          .group = std::string(entry.group.value_or("")),
          .epoch = epoch,
          .json = ledger_json(entry)};
}

// Every ledger row that `wanted` accepts.
template <class Wanted>
std::vector<FoundRow> search_ledger(const Dataset& dataset, Wanted&& wanted) {
  std::vector<FoundRow> found;
  for (const ShardRecord* shard : dataset.shards("ledger/")) {
    const TextShardReader reader = dataset.open(*shard);
    require_ledger(reader, shard->path);
    const u32 epoch = ShardName::parse(shard->path).epoch;
    for_each_row(reader, [&](const ShardRows& rows, u64 row) {
      const LedgerEntry entry = ledger_entry(rows, row, shard->path);
      if (!wanted(entry)) return;
      const auto key = parse_key(entry.key);
      if (!key) {
        throw DataError(shard->path + ": row " + std::to_string(rows.first() + row) + ": '" +
                        std::string(entry.key) + "' is no key");
      }
      found.push_back(own(entry, *key, epoch));
    });
  }
  return found;
}

std::map<std::string, FoundCluster> search_clusters(const Dataset& dataset,
                                                    const std::set<std::string>& keys) {
  std::map<std::string, FoundCluster> found;
  if (keys.empty()) return found;
  for (const ShardRecord* shard : dataset.shards("clusters/")) {
    const TextShardReader reader = dataset.open(*shard);
    require_clusters(reader, shard->path);
    for_each_row(reader, [&](const ShardRows& rows, u64 row) {
      const ClusterEntry entry = cluster_entry(rows, row, shard->path);
      const std::string key(entry.key);
      if (!keys.contains(key)) return;
      found[key] = {std::string(entry.id), entry.size, entry.kept, std::string(entry.sources)};
    });
  }
  return found;
}

// The rows of a shard with this id, found by bisection: rows are ordered by (place, id).
std::pair<u64, u64> rows_of_id(const TextShardReader& reader, const Placement& placement,
                               std::string_view id) {
  const std::size_t column = reader.column("id");
  const std::pair wanted(placement.place(id), id);
  ShardRows rows;
  const auto boundary = [&](bool after_equal) {
    u64 low = 0;
    u64 high = reader.n_documents();
    while (low < high) {
      const u64 middle = low + (high - low) / 2;
      reader.read(middle, middle + 1, rows);
      const std::string_view there = rows.value(column, 0).value_or("");
      const std::pair at(placement.place(there), there);
      (at < wanted || (after_equal && at == wanted) ? low : high) =
          at < wanted || (after_equal && at == wanted) ? middle + 1 : middle;
    }
    return low;
  };
  const u64 first = boundary(false);
  return {first, boundary(true)};
}

}  // namespace

Explanation::Explanation(const Dataset& dataset, const std::string& asked)
    : dataset_(dataset), job_(job_of(dataset.manifest())), placement_(job_) {
  const std::string hidden = hash128(asked).hex();
  const auto is_asked = [&](const LedgerEntry& entry) {
    return entry.id == asked || entry.key == asked ||
           (entry.reason == "excluded" && entry.id == hidden);
  };
  rows_ = search_ledger(dataset, is_asked);
  std::set<std::string> keys;
  std::set<std::string> ids;
  std::set<std::string> witnesses;
  for (const FoundRow& row : rows_) {
    keys.insert(row.key.text());
    if (row.witness) witnesses.insert(row.witness_key);
    if (row.fate == "kept") ids.insert(row.id);
  }
  // What they absorbed, what became of their witnesses and, to tell documents of one id apart, all
  // that are kept with their ids.
  if (!rows_.empty()) {
    for (FoundRow& row : search_ledger(dataset, [&](const LedgerEntry& entry) {
           const std::string key(entry.key);
           if (entry.fate == "dropped" && witnesses.contains(key)) dropped_by_[key] = entry.step;
           if (entry.fate == "kept") return ids.contains(std::string(entry.id));
           return entry.witness_key && keys.contains(std::string(*entry.witness_key));
         })) {
      (row.fate == "kept" ? same_ids_ : absorbed_).push_back(std::move(row));
    }
  }
  std::set<std::string> clusters;
  for (const auto* list : {&rows_, &same_ids_}) {
    for (const FoundRow& row : *list) {
      if (!row.cluster.empty()) clusters.insert(row.cluster);
    }
  }
  clusters_ = search_clusters(dataset, clusters);
  search_groups();
  std::sort(same_ids_.begin(), same_ids_.end(),
            [](const FoundRow& a, const FoundRow& b) { return a.key < b.key; });
}

void Explanation::search_groups() {
  for (const auto* list : {&rows_, &same_ids_}) {
    for (const FoundRow& row : *list) {
      if (!row.group.empty()) groups_[row.group];
    }
  }
  if (groups_.empty()) return;
  (void)search_ledger(dataset_, [&](const LedgerEntry& entry) {
    if (!entry.group || (entry.fate != "kept" && entry.fate != "dropped")) return false;
    const auto group = groups_.find(std::string(*entry.group));
    if (group == groups_.end()) return false;
    ++group->second.size;
    group->second.kept += entry.fate == "kept" ? 1 : 0;
    if (entry.key == *entry.group) group->second.id = entry.id;
    return false;
  });
  std::erase_if(groups_, [](const auto& group) { return group.second.size < 2; });
}

std::string Explanation::split_of(const FoundRow& row) const {
  if (const FoundGroup* group = group_of(row)) return placement_.split(row.id, group->id);
  const FoundCluster* cluster = cluster_of(row);
  return placement_.split(
      row.id, cluster == nullptr ? std::nullopt : std::optional<std::string_view>(cluster->id));
}

FoundPlace Explanation::find(const FoundRow& row) const {
  const std::string split = split_of(row);
  u64 before = 0;  // of the same id, in the same shard
  for (const FoundRow& other : same_ids_) {
    before += other.id == row.id && other.epoch == row.epoch && other.key < row.key &&
              split_of(other) == split;
  }
  const u64 place = placement_.place(row.id);
  for (const ShardRecord* shard : dataset_.shards("text/" + split + "/")) {
    const ShardName name = ShardName::parse(shard->path);
    if (name.epoch != row.epoch || !name.holds(place)) continue;
    const auto [first, end] = rows_of_id(dataset_.open(*shard), placement_, row.id);
    if (first + before < end) return {split, shard->path, first + before};
  }
  throw DataError(dataset_.folder().string() + ": document " + row.id + " (" + row.key.text() +
                  ") is kept in " + split + " but is not there; `shardmill verify` tells more");
}

std::vector<const FoundRow*> Explanation::absorbed_by(DocKey key) const {
  std::vector<const FoundRow*> rows;
  for (const FoundRow& row : absorbed_) {
    if (row.witness_key == key.text()) rows.push_back(&row);
  }
  return rows;
}

std::string Explanation::setting_of(const FoundRow& row) const {
  for (const StepSpec& step : job_.steps) {
    if (step.label == row.step && step.settings.has(row.reason))
      return step.settings.shown(row.reason);
  }
  return "";
}

std::string Explanation::witness_dropped_by(const FoundRow& row) const {
  const auto found = dropped_by_.find(row.witness_key);
  return found == dropped_by_.end() ? "" : found->second;
}

}  // namespace shardmill
