#include "jobs/command/verify_ledger.hpp"

#include <algorithm>

#include "jobs/run/small_tables.hpp"
#include "jobs/spec/declarations.hpp"

namespace shardmill {
namespace {

constexpr i64 kUnknownStep = -2;

std::string quoted(std::string_view text) { return "`" + std::string(text) + "`"; }

}  // namespace

Hash128 text_of(u32 epoch, std::string_view id, std::string_view source) {
  return Hasher128().add_number(epoch).add_field(id).add_field(source).digest();
}

Hash128 text_place(std::string_view split, const Hash128& text) {
  return Hasher128().add_field(split).add_number(text.high).add_number(text.low).digest();
}

LedgerContents::LedgerContents(const Dataset& dataset, const Job& job, const Placement& placement,
                               VerifyFindings& findings)
    : job_(job), placement_(placement), findings_(findings), shards_(dataset.shards("ledger/")) {
  owned.reserve(dataset.manifest().documents_in);
  read_clusters(dataset);
  for (u32 shard = 0; shard < shards_.size(); ++shard) read_shard(dataset, shard);
  place_groups();
  std::sort(owned.begin(), owned.end(),
            [](const Owned& a, const Owned& b) { return a.key < b.key; });
}

const Owned* LedgerContents::find(DocKey key) const {
  const auto found = std::lower_bound(owned.begin(), owned.end(), key,
                                      [](const Owned& row, DocKey k) { return row.key < k; });
  return found == owned.end() || found->key != key ? nullptr : &*found;
}

void LedgerContents::read_clusters(const Dataset& dataset) {
  for (const ShardRecord* shard : dataset.shards("clusters/")) {
    const TextShardReader reader = dataset.open(*shard);
    require_clusters(reader, shard->path);
    for_each_row(reader, [&](const ShardRows& rows, u64 row) {
      const ClusterEntry entry = cluster_entry(rows, row, shard->path);
      const u64 number = rows.first() + row;
      const auto key = parse_key(entry.key);
      if (!key) return findings_.problem(shard->path, number, quoted(entry.key) + " is no key");
      CheckedCluster cluster{
          std::string(entry.id),      shard->path, number, entry.size, entry.kept,
          std::string(entry.sources), {},          0,      0,          {}};
      if (!clusters.emplace(*key, std::move(cluster)).second) {
        findings_.problem(shard->path, number, "cluster " + key->text() + " is there twice");
      }
    });
  }
}

void LedgerContents::read_shard(const Dataset& dataset, u32 shard) {
  const std::string& path = shards_[shard]->path;
  const TextShardReader reader = dataset.open(*shards_[shard]);
  require_ledger(reader, path);
  const bool grouped = reader.schema() == ledger_schema(true);
  if (grouped == placement_.lineage().empty()) {
    findings_.problem(path, placement_.lineage().empty()
                                ? "has the column group, and the job's split has no group_by"
                                : "lacks the column group");
  }
  const u32 epoch = ShardName::parse(path).epoch;
  std::optional<DocKey> last;
  for_each_row(reader, [&](const ShardRows& rows, u64 row) {
    const LedgerPlace place{shard, rows.first() + row};
    const LedgerEntry entry = ledger_entry(rows, row, path);
    const auto key = parse_key(entry.key);
    if (!key) return problem(place, quoted(entry.key) + " is no key");
    const bool owns = entry.fate == "kept" || entry.fate == "dropped";
    if (!owns && entry.fate != "evidence" && entry.fate != "changed") {
      return problem(
          place, "fate is " + quoted(entry.fate) + ", expected kept, dropped, changed or evidence");
    }
    if (!owns && last != key) {
      problem(place, "expected after the kept or dropped row of document " + key->text());
    }
    last = key;
    const i64 step = entry.fate == "kept" ? kKept : step_of(entry, place);
    const bool tied = step != kExcluded;  // to others or to itself
    if (owns && entry.cluster.has_value() != tied) {
      problem(place, tied ? "has no cluster" : "an excluded document has a cluster");
    }
    if (owns && grouped && entry.group.has_value() != tied) {
      problem(place, tied ? "has no group" : "an excluded document has a group");
    }
    if (owns) document(entry, *key, step, epoch, place);
    if (step != kKept && step != kUnknownStep) witness(entry, step, place);
  });
}

i64 LedgerContents::step_of(const LedgerEntry& entry, LedgerPlace place) {
  for (std::size_t i = 0; i < job_.steps.size(); ++i) {
    if (job_.steps[i].label != entry.step) continue;
    return job_.steps[i].op == "exclude" ? kExcluded : static_cast<i64>(i);
  }
  problem(place, "step is " + quoted(entry.step) + ", which the job does not have");
  return kUnknownStep;
}

void LedgerContents::document(const LedgerEntry& entry, DocKey key, i64 step, u32 epoch,
                              LedgerPlace place) {
  const std::optional<DocKey> group = group_of(entry, key, place);
  owned.push_back({key, hash128(entry.id), step, place, group});
  CheckedCluster* cluster = nullptr;  // null: it is alone
  if (entry.cluster) {
    const auto root = parse_key(*entry.cluster);
    const auto found = root ? clusters.find(*root) : clusters.end();
    if (found == clusters.end()) {
      if (root != key) {
        problem(place, "cluster is " + quoted(*entry.cluster) + ", which clusters/ does not have");
      }
    } else {
      cluster = &found->second;
      ++cluster->members_found;
      ++cluster->sources_found[std::string(entry.source)];
      if (key < *root) problem(place, "cluster " + root->text() + " is not named by its first");
      if (!cluster->group) cluster->group = group;
      if (cluster->group != group) {
        problem(place, "cluster " + root->text() + " is in the groups " +
                           cluster->group.value_or(DocKey{}).text() + " and " +
                           (group ? group->text() : "none"));
      }
      if (entry.fate == "kept") members.push_back({*root, text_of(epoch, entry.id, entry.source)});
    }
  }
  if (entry.fate == "dropped") {
    ++dropped[std::string(entry.step)][std::string(entry.reason.value_or(""))];
  } else {
    if (entry.step != "publish") {
      problem(place, "step is " + quoted(entry.step) + ", expected publish of a kept document");
    }
    if (entry.witness || entry.score) problem(place, "a kept document has a witness");
    ++kept;
    if (cluster != nullptr) ++cluster->kept_found;
    const Hash128 text = text_of(epoch, entry.id, entry.source);
    if (!placement_.lineage().empty() && group) {
      ++groups[*group].kept;
      waiting_.push_back({*group, key, text, place});
    } else {
      expect_text(placement_.split(entry.id, cluster == nullptr
                                                 ? std::nullopt
                                                 : std::optional<std::string_view>(cluster->id)),
                  text, key, place);
    }
  }
}

std::optional<DocKey> LedgerContents::group_of(const LedgerEntry& entry, DocKey key,
                                               LedgerPlace place) {
  if (placement_.lineage().empty()) return entry.cluster ? parse_key(*entry.cluster) : std::nullopt;
  if (!entry.group) return std::nullopt;
  const std::optional<DocKey> root = parse_key(*entry.group);
  if (!root) {
    problem(place, "group is " + quoted(*entry.group) + ", which is no key");
    return std::nullopt;
  }
  if (key < *root) problem(place, "group " + root->text() + " is not named by its first");
  CheckedGroup& group = groups[*root];
  ++group.documents;
  if (key == *root) group.split = placement_.split(entry.id, std::nullopt);
  return root;
}

void LedgerContents::expect_text(const std::string& split, const Hash128& text, DocKey key,
                                 LedgerPlace place) {
  ExpectedText& expected = texts[text_place(split, text)];
  if (expected.documents++ == 0) expected.place = place;
  expected.expected += mix64(key.value);
}

void LedgerContents::place_groups() {
  for (const Waiting& one : waiting_) {
    const std::string& split = groups[one.group].split;
    if (split.empty()) {
      problem(one.place, "group " + one.group.text() + " does not have its first document");
    } else {
      expect_text(split, one.text, one.key, one.place);
    }
  }
  waiting_ = {};
}

void LedgerContents::witness(const LedgerEntry& entry, i64 step, LedgerPlace place) {
  if (step == kExcluded) return;
  const StepSpec& spec = job_.steps[static_cast<std::size_t>(step)];
  if (spec.op == "decontaminate") return benchmark_item(entry, place);
  const bool compares = spec.op.starts_with("dedup.");
  if (compares != entry.witness.has_value() || compares != entry.witness_key.has_value()) {
    return problem(place, std::string(compares ? "has no witness" : "has a witness") +
                              ", expected " + (compares ? "one" : "none") + " of " + spec.label);
  }
  if (!compares) return;
  const auto key = parse_key(*entry.witness_key);
  if (!key) return problem(place, "witness_key " + quoted(*entry.witness_key) + " is no key");
  score(entry, spec, place);
  if (key->foreign()) {
    // DATASET@N/ID; whether it is there is for that dataset to say.
    if (entry.witness->find('@') > entry.witness->find('/')) {
      problem(place, "witness is " + quoted(*entry.witness) + ", expected DATASET@N/ID");
    }
    ++foreign_witnesses;
  } else {
    const std::optional<std::string_view>& group =
        placement_.lineage().empty() ? entry.cluster : entry.group;
    testimonies.push_back({*key, hash128(*entry.witness), step, place,
                           group ? parse_key(*group) : std::nullopt,
                           spec.op == "dedup.semantic" && spec.settings.boolean("chain")});
  }
}

void LedgerContents::benchmark_item(const LedgerEntry& entry, LedgerPlace place) {
  if (!entry.witness || entry.witness->find('/') == std::string_view::npos || entry.witness_key) {
    problem(place, "expected BENCHMARK/ITEM_ID as its witness, and no witness_key");
  }
  const bool spans = entry.span && 0 <= entry.span->first && entry.span->first < entry.span->second;
  if (!spans || !entry.detector) problem(place, "has no span of bytes or no detector");
  const bool scored =
      entry.score && 0 < entry.score->first && entry.score->first <= entry.score->second;
  if (!scored) problem(place, "has no score above 0 and up to 1");
}

void LedgerContents::score(const LedgerEntry& entry, const StepSpec& step, LedgerPlace place) {
  const bool near = finds_near_duplicates(step.op);
  const bool verified = step.op != "dedup.minhash" || step.settings.boolean("verify");
  // Of a whole component, the best document need not be like each other one.
  const bool always = verified && !(near && step.settings.text("cluster") == "components");
  if (!entry.score) {
    if (always) problem(place, "has no score");
    return;
  }
  const auto [num, den] = *entry.score;
  const Decimal threshold = near ? step.settings.decimal("threshold") : Decimal{1, 1};
  const bool good = verified && num >= 0 && den > 0 && num <= den &&
                    static_cast<u128>(num) * threshold.denominator >=
                        static_cast<u128>(threshold.numerator) * static_cast<u128>(den);
  if (!good) {
    problem(place, "score is " + std::to_string(num) + "/" + std::to_string(den) + ", expected " +
                       (verified ? threshold.text() + " to 1" : "none"));
  }
}

}  // namespace shardmill
