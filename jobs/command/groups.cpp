#include "jobs/command/groups.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "engine/observe/progress_text.hpp"
#include "jobs/command/dataset.hpp"
#include "jobs/command/ledger_rows.hpp"
#include "jobs/command/origins.hpp"
#include "jobs/command/output.hpp"
#include "jobs/command/placement.hpp"

namespace shardmill {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMembersShown = 4;  // of a group, for people
constexpr std::size_t kExcerptCharacters = 200;

// The reasons of dedup.minhash and dedup.semantic.
bool is_near(std::string_view reason) {
  return reason == "near_duplicate" || reason == "semantic_duplicate";
}

struct Size {
  u64 near = 0;  // dropped as near-duplicates
  u64 all = 0;
};

struct Member {
  std::string id;
  std::string key;
  std::string source;
  std::string step;
  std::string fate;
  std::string reason;
  std::optional<std::pair<i64, i64>> score;
  u32 epoch = 0;

  [[nodiscard]] bool near() const { return is_near(reason); }
  [[nodiscard]] bool scored() const { return score && score->first >= 0 && score->second > 0; }
};

struct Group {
  DocKey key;
  Size size;
  std::optional<Member> witness;  // nothing when it belongs to another dataset
  std::string witness_id;
  std::vector<Member> dropped;
  std::optional<std::string> text;  // of the witness, its beginning
};

template <class Visit>
void for_each_verdict(const Dataset& dataset, Visit&& visit) {
  for (const ShardRecord* shard : dataset.shards("ledger/")) {
    const TextShardReader reader = dataset.open(*shard);
    require_ledger(reader, shard->path);
    const u32 epoch = ShardName::parse(shard->path).epoch;
    for_each_row(reader, [&](const ShardRows& rows, u64 row) {
      visit(ledger_entry(rows, row, shard->path), epoch);
    });
  }
}

Member own(const LedgerEntry& entry, u32 epoch) {
  return {std::string(entry.id),
          std::string(entry.key),
          std::string(entry.source),
          std::string(entry.step),
          std::string(entry.fate),
          std::string(entry.reason.value_or("")),
          entry.score,
          epoch};
}

// The `most` largest groups, without their members.
std::vector<Group> largest(const Dataset& dataset, u64 most) {
  std::unordered_map<u64, Size> sizes;
  for_each_verdict(dataset, [&](const LedgerEntry& entry, u32) {
    if (entry.fate != "dropped" || !entry.witness_key) return;
    const auto key = parse_key(*entry.witness_key);
    if (!key) return;
    Size& size = sizes[key->value];
    size.near += is_near(entry.reason.value_or(""));
    ++size.all;
  });
  std::vector<Group> groups;
  for (const auto& [key, size] : sizes) groups.push_back({DocKey{key}, size, {}, {}, {}, {}});
  const auto better = [](const Group& a, const Group& b) {
    return std::tuple(b.size.near, b.size.all, a.key) < std::tuple(a.size.near, a.size.all, b.key);
  };
  const auto kept = static_cast<std::ptrdiff_t>(std::min<u64>(most, groups.size()));
  std::partial_sort(groups.begin(), groups.begin() + kept, groups.end(), better);
  groups.erase(groups.begin() + kept, groups.end());
  return groups;
}

// Near-duplicates first, the least similar of them first; then by key.
bool shown_before(const Member& a, const Member& b) {
  if (a.near() != b.near()) return a.near();
  if (a.scored() != b.scored()) return a.scored();
  if (a.scored()) {
    const auto left = static_cast<__int128>(a.score->first) * b.score->second;
    const auto right = static_cast<__int128>(b.score->first) * a.score->second;
    if (left != right) return left < right;
  }
  return parse_key(a.key).value_or(DocKey{}) < parse_key(b.key).value_or(DocKey{});
}

void fill_members(const Dataset& dataset, std::vector<Group>& groups) {
  std::unordered_map<std::string, Group*> by_key;
  for (Group& group : groups) by_key[group.key.text()] = &group;
  for_each_verdict(dataset, [&](const LedgerEntry& entry, u32 epoch) {
    if (entry.fate == "evidence" || entry.fate == "changed") return;
    const auto self = by_key.find(std::string(entry.key));
    if (self != by_key.end()) self->second->witness = own(entry, epoch);
    if (entry.fate != "dropped" || !entry.witness_key) return;
    const auto group = by_key.find(std::string(*entry.witness_key));
    if (group == by_key.end()) return;
    group->second->witness_id = std::string(entry.witness.value_or(""));
    group->second->dropped.push_back(own(entry, epoch));
  });
  for (Group& group : groups) std::sort(group.dropped.begin(), group.dropped.end(), shown_before);
}

// The beginning of a kept document's text; nothing when several documents have its id, since shards
// hold no keys.
std::optional<std::string> text_of(const Dataset& dataset, const Placement& placement,
                                   const Member& document) {
  const u64 place = placement.place(document.id);
  std::vector<std::string> found;
  for (const ShardRecord* shard : dataset.shards("text/")) {
    const ShardName name = ShardName::parse(shard->path);
    if (name.epoch != document.epoch || !name.holds(place)) continue;
    const TextShardReader reader = dataset.open(*shard);
    const std::size_t id = reader.column("id");
    const std::size_t text = reader.column("text");
    for_each_row(reader, [&](const ShardRows& rows, u64 row) {
      if (rows.value(id, row) != document.id) return;
      found.push_back(excerpt(rows.value(text, row).value_or(""), kExcerptCharacters));
    });
  }
  return found.size() == 1 ? std::optional(found.front()) : std::nullopt;
}

// "headers: zlib.h", or the id when the file is not known.
std::string origin_of(const Member& document, const Origins& origins) {
  const auto key = parse_key(document.key);
  const std::string place = key ? origins.place_of(*key) : "";
  return printable(document.source) + ": " +
         (place.empty() ? printable(document.id) + " (" + document.key + ")" : place);
}

std::string documents_text(u64 count) {
  return std::to_string(count) + (count == 1 ? " document" : " documents");
}

std::string how(const Member& member) {
  if (!member.near() || !member.scored()) return member.step + ", " + member.reason;
  return member.step + ", similarity " +
         score_text(narrow<u64>(member.score->first), narrow<u64>(member.score->second));
}

std::string as_text(const Group& group, const Origins& origins) {
  std::string text = "stands for " + documents_text(group.size.all) + ", " +
                     std::to_string(group.size.near) + " of them near-duplicates\n";
  if (!group.witness) {
    text += "  in another dataset  " + printable(group.witness_id) + "\n";
  } else {
    const bool kept = group.witness->fate == "kept";
    text += (kept ? "  kept     " : "  dropped later by " + group.witness->step + "  ") +
            origin_of(*group.witness, origins) + "\n           id " + printable(group.witness->id) +
            "\n";
  }
  if (group.text) text += "           " + *group.text + "\n";
  const std::size_t shown = std::min(group.dropped.size(), kMembersShown);
  for (std::size_t i = 0; i < shown; ++i) {
    const Member& member = group.dropped[i];
    text += "  dropped  " + origin_of(member, origins) + "\n           id " + printable(member.id) +
            " (" + how(member) + ")\n";
  }
  if (shown < group.dropped.size()) {
    text += "  and " + std::to_string(group.dropped.size() - shown) + " more\n";
  }
  return text;
}

Json json_of(const Member& member, const Origins& origins) {
  const auto key = parse_key(member.key);
  const std::string path = key ? origins.path_of(*key) : "";
  return {
      {"id", member.id},
      {"key", member.key},
      {"source", member.source},
      {"path", path.empty() ? Json(nullptr) : Json(path)},
      {"step", member.step},
      {"fate", member.fate},
      {"reason", member.reason.empty() ? Json(nullptr) : Json(member.reason)},
      {"score", member.scored() ? Json{{"num", member.score->first}, {"den", member.score->second}}
                                : Json(nullptr)}};
}

std::string as_json(const Group& group, const Origins& origins) {
  Json members = Json::array();
  for (const Member& member : group.dropped) members.push_back(json_of(member, origins));
  const Json json = {{"witness", group.witness ? json_of(*group.witness, origins) : Json(nullptr)},
                     {"witness_id", group.witness_id},
                     {"witness_key", group.key.text()},
                     {"excerpt", group.text ? Json(*group.text) : Json(nullptr)},
                     {"near_duplicates", group.size.near},
                     {"dropped", std::move(members)}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

int show_groups(const Arguments& arguments) {
  const Dataset dataset(arguments.directory);
  std::vector<Group> groups = largest(dataset, arguments.most.value_or(10));
  fill_members(dataset, groups);
  const Placement placement(job_of(dataset.manifest()));
  const Origins origins(dataset);
  Output output;
  for (Group& group : groups) {
    const bool kept = group.witness && group.witness->fate == "kept";
    if (kept) group.text = text_of(dataset, placement, *group.witness);
    output.write(arguments.json ? as_json(group, origins) : as_text(group, origins));
    output.write("\n");
  }
  if (groups.empty() && !arguments.json) output.write("no document was dropped for another\n");
  output.finish();
  return 0;
}

}  // namespace shardmill
