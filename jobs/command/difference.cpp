#include "jobs/command/difference.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <tuple>

#include "engine/hash/hash.hpp"
#include "engine/observe/json_line.hpp"
#include "jobs/command/ledger_rows.hpp"

namespace shardmill {
namespace {

// Short texts of which there are few, as numbers.
class Names {
 public:
  u32 number(std::string_view name) {
    const auto [found, added] = numbers_.try_emplace(std::string(name), narrow<u32>(texts_.size()));
    if (added) texts_.emplace_back(name);
    return found->second;
  }
  [[nodiscard]] const std::string& text(u32 number) const { return texts_[number]; }

 private:
  std::map<std::string, u32> numbers_;
  std::vector<std::string> texts_;
};

struct Text {
  Hash128 id;
  Hash128 values;
  u32 source;
  u32 split;
  u64 id_begin;  // in the arena of ids
  u32 id_bytes;
};

struct Drop {
  Hash128 id;
  DocKey key;
  u32 why;
  auto operator<=>(const Drop&) const = default;
};

// What one snapshot has in shards that the other does not share.
struct Side {
  const Dataset* dataset;
  std::vector<const ShardRecord*> texts;
  std::vector<const ShardRecord*> ledger;
  std::vector<Text> documents;
  std::vector<Drop> drops;
};

std::vector<const ShardRecord*> not_shared(const Dataset& here, const Dataset& there,
                                           std::string_view below) {
  std::map<std::string, std::string> theirs;
  for (const ShardRecord* shard : there.shards(below)) theirs[shard->path] = shard->logical_digest;
  std::vector<const ShardRecord*> found;
  for (const ShardRecord* shard : here.shards(below)) {
    const auto same = theirs.find(shard->path);
    if (same == theirs.end() || same->second != shard->logical_digest) found.push_back(shard);
  }
  return found;
}

// The hash that a takedown leaves of an id; nothing for other texts.
std::optional<Hash128> parse_hash(std::string_view hex) {
  Hash128 hash;
  if (hex.size() != 32) return std::nullopt;
  for (int half = 0; half < 2; ++half) {
    const char* begin = hex.data() + 16 * half;
    u64& into = half == 0 ? hash.high : hash.low;
    if (std::from_chars(begin, begin + 16, into, 16).ptr != begin + 16) return std::nullopt;
  }
  return hash;
}

// A value whatever the type that its epoch gave the column: 1 is the same as 1.0.
std::string as_json(Type type, std::string_view value) {
  switch (type) {
    case Type::utf8:
      return json_string(value);
    case Type::int64: {
      i64 number = 0;
      std::memcpy(&number, value.data(), sizeof number);
      return std::to_string(number);
    }
    case Type::float64: {
      double number = 0;
      std::memcpy(&number, value.data(), sizeof number);
      const bool whole = std::abs(number) < 0x1p53 && number == std::trunc(number);
      return whole ? std::to_string(static_cast<i64>(number)) : json_number(number);
    }
    case Type::boolean:
      return value == std::string_view("\1", 1) ? "true" : "false";
    case Type::json:
    case Type::vector:
      return std::string(value);
  }
  throw InternalError("a column of an unknown type");
}

// Everything but the split; absent values count as columns that are not there.
Hash128 hash_values(const Schema& schema, const ShardRows& rows, u64 row) {
  Hasher128 hash;
  for (std::size_t c = 0; c < schema.size(); ++c) {
    const auto value = rows.value(c, row);
    if (!value || schema[c].name == "source") continue;
    hash.add_field(schema[c].name).add_field(as_json(schema[c].type, *value));
  }
  return hash.digest();
}

class Comparison {
 public:
  Comparison(const Dataset& before, const Dataset& after,
             const std::function<void(const DifferentDocument&)>& on_document)
      : on_document_(on_document) {
    const Dataset* datasets[] = {&before, &after};
    for (int i = 0; i < 2; ++i) {
      sides_[i].dataset = datasets[i];
      sides_[i].texts = not_shared(*datasets[i], *datasets[1 - i], "text/");
      sides_[i].ledger = not_shared(*datasets[i], *datasets[1 - i], "ledger/");
      for (const auto* list : {&sides_[i].texts, &sides_[i].ledger}) {
        for (const ShardRecord* shard : *list) result_.rows_compared += shard->documents;
      }
    }
  }

  Difference run(u64 most_rows) {
    const u64 goes = result_.rows_compared / std::max<u64>(most_rows, 1) + 1;
    for (u64 go = 0; go < goes; ++go) {
      ids_.clear();
      for (Side& side : sides_) read(side, go, goes);
      compare();
    }
    return std::move(result_);
  }

 private:
  // Ids of a go have hashes in one interval: goes follow each other in their order.
  static bool belongs(const Hash128& id, u64 go, u64 goes) {
    return static_cast<u64>(static_cast<unsigned __int128>(id.high) * goes >> 64) == go;
  }

  void read(Side& side, u64 go, u64 goes) {
    side.documents.clear();
    side.drops.clear();
    for (const ShardRecord* shard : side.texts) {
      const TextShardReader reader = side.dataset->open(*shard);
      const u32 split = names_.number(reader.split());
      const std::size_t id_column = reader.column("id");
      const std::size_t source_column = reader.column("source");
      for_each_row(reader, [&](const ShardRows& rows, u64 row) {
        const std::string_view id = rows.value(id_column, row).value_or("");
        const Hash128 hash = hash128(id);
        if (!belongs(hash, go, goes)) return;
        side.documents.push_back({hash, hash_values(reader.schema(), rows, row),
                                  names_.number(rows.value(source_column, row).value_or("")), split,
                                  ids_.size(), narrow<u32>(id.size())});
        ids_ += id;
      });
    }
    for (const ShardRecord* shard : side.ledger) {
      const TextShardReader reader = side.dataset->open(*shard);
      require_ledger(reader, shard->path);
      for_each_row(reader, [&](const ShardRows& rows, u64 row) {
        const LedgerEntry entry = ledger_entry(rows, row, shard->path);
        if (entry.fate != "dropped") return;
        const auto hashed = entry.step == "exclude" ? parse_hash(entry.id) : std::nullopt;
        const Hash128 hash = hashed ? *hashed : hash128(entry.id);
        const auto key = parse_key(entry.key);
        if (!belongs(hash, go, goes) || !key) return;
        side.drops.push_back({hash, *key,
                              names_.number(std::string(entry.step) + ": " +
                                            std::string(entry.reason.value_or("")))});
      });
    }
    std::sort(side.drops.begin(), side.drops.end());
    std::sort(side.documents.begin(), side.documents.end(), [&](const Text& a, const Text& b) {
      return std::tie(a.id, names_.text(a.source), names_.text(a.split), a.values) <
             std::tie(b.id, names_.text(b.source), names_.text(b.split), b.values);
    });
  }

  void compare() {
    const std::vector<Text>& before = sides_[0].documents;
    const std::vector<Text>& after = sides_[1].documents;
    std::size_t i = 0;
    std::size_t k = 0;
    while (i < before.size() || k < after.size()) {
      const Hash128 id = k == after.size() || (i < before.size() && before[i].id < after[k].id)
                             ? before[i].id
                             : after[k].id;
      std::vector<Text> a;
      std::vector<Text> b;
      for (; i < before.size() && before[i].id == id; ++i) a.push_back(before[i]);
      for (; k < after.size() && after[k].id == id; ++k) b.push_back(after[k]);
      compare_of_one_id(id, a, b);
    }
  }

  void compare_of_one_id(const Hash128& id, std::vector<Text>& a, std::vector<Text>& b) {
    const auto take_away = [&](const auto& same, const auto& on_pair) {
      std::erase_if(a, [&](const Text& one) {
        const auto other =
            std::find_if(b.begin(), b.end(), [&](const Text& two) { return same(one, two); });
        if (other == b.end()) return false;
        on_pair(one, *other);
        b.erase(other);
        return true;
      });
    };
    const auto same_values = [](const Text& one, const Text& two) {
      return one.source == two.source && one.values == two.values;
    };
    take_away([&](const Text& one,
                  const Text& two) { return same_values(one, two) && one.split == two.split; },
              [](const Text&, const Text&) {});
    take_away(same_values, [&](const Text& one, const Text& two) { moved(one, two); });
    const std::size_t pairs = std::min(a.size(), b.size());
    for (std::size_t i = 0; i < pairs; ++i) {
      ++result_.changed[names_.text(b[i].source)];
      tell("changed", b[i], "", &a[i], &b[i]);
      if (a[i].split != b[i].split) moved(a[i], b[i]);
    }
    leftover(id, a, pairs, sides_[1].drops, sides_[0].drops, "removed", "not in the input",
             result_.removed);
    leftover(id, b, pairs, sides_[0].drops, sides_[1].drops, "added", "new", result_.added);
  }

  void moved(const Text& one, const Text& two) {
    ++result_.moved[names_.text(one.split)][names_.text(two.split)];
    tell("moved", two, "", &one, &two);
  }

  // Documents without a partner: dropped in one snapshot and not in the other, or not there.
  void leftover(const Hash128& id, const std::vector<Text>& documents, std::size_t first,
                const std::vector<Drop>& here, const std::vector<Drop>& there, const char* what,
                const char* otherwise, Difference::Counts& counts) {
    if (first >= documents.size()) return;
    const auto of_id = [&](const std::vector<Drop>& drops) {
      const auto less = [](const Drop& drop, const Hash128& h) { return drop.id < h; };
      auto begin = std::lower_bound(drops.begin(), drops.end(), id, less);
      auto end = begin;
      while (end != drops.end() && end->id == id) ++end;
      return std::pair(begin, end);
    };
    const auto [here_begin, here_end] = of_id(here);
    const auto [there_begin, there_end] = of_id(there);
    std::vector<Drop> only_here;
    std::set_difference(here_begin, here_end, there_begin, there_end,
                        std::back_inserter(only_here));
    for (std::size_t i = first; i < documents.size(); ++i) {
      const std::size_t n = i - first;
      const std::string why =
          n < only_here.size() ? names_.text(only_here[n].why) : std::string(otherwise);
      ++counts[names_.text(documents[i].source)][why];
      const bool removed = &counts == &result_.removed;
      tell(what, documents[i], why, removed ? &documents[i] : nullptr,
           removed ? nullptr : &documents[i]);
    }
  }

  void tell(const char* what, const Text& of, const std::string& reason, const Text* before,
            const Text* after) {
    if (!on_document_) return;
    on_document_({what, ids_.substr(of.id_begin, of.id_bytes), names_.text(of.source), reason,
                  before == nullptr ? "" : names_.text(before->split),
                  after == nullptr ? "" : names_.text(after->split)});
  }

  const std::function<void(const DifferentDocument&)>& on_document_;
  Side sides_[2];
  Names names_;
  std::string ids_;
  Difference result_;
};

}  // namespace

Difference compare_snapshots(const Dataset& before, const Dataset& after, u64 rows,
                             const std::function<void(const DifferentDocument&)>& on_document) {
  return Comparison(before, after, on_document).run(rows);
}

}  // namespace shardmill
