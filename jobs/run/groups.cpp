#include "jobs/run/groups.hpp"

#include <algorithm>
#include <functional>

#include "engine/algorithm/connected_components.hpp"
#include "engine/exchange/shuffle.hpp"
#include "engine/hash/hash.hpp"

namespace shardmill {

Splits::Splits(const std::vector<std::pair<std::string, Decimal>>& fractions, u64 seed)
    : seed_(seed_for("split", seed)) {
  Decimal reached;
  u128 before = 0;
  for (const auto& [name, fraction] : fractions) {
    reached = reached.plus(fraction);
    // 2^64 x n / d, rounded up; n <= d <= 10^18 < 2^60, so the product fits 128 bits.
    const u128 end = (static_cast<u128>(reached.numerator) << 64) / reached.denominator;
    const u128 scaled = static_cast<u128>(reached.numerator) << 64;
    const u128 border = end * reached.denominator == scaled ? end : end + 1;  // hashes below it
    names_.push_back(name);
    empty_.push_back(border == before);
    last_.push_back(static_cast<u64>(border - 1));
    before = border;
  }
}

u32 Splits::of(std::string_view id) const {
  const u64 at = hash64(id, seed_);
  for (u32 i = 0; i < names_.size(); ++i) {
    if (!empty_[i] && at <= last_[i]) return i;
  }
  throw InternalError("the fractions of the splits do not reach 1");
}

namespace {

// Labels of documents at home here, by node.
Records<Label> labels_at_home(Cluster& cluster, const std::string& name, const Documents& documents,
                              Records<Edge>&& edges) {
  const Records<Label> labels =
      connected_components(cluster, name + ".components", std::move(edges));
  Shuffle<Label> homeward(cluster, name + ".labels", cluster.budget.lease(name + ".labels", 0.1));
  labels.for_each(
      [&](const Label& label) { homeward.put(documents.home(DocKey{label.node}), label); });
  Records<Label> arrived = homeward.finish();
  arrived.sort();
  return arrived;
}

// Calls f for each document at home here that is in a group.
void for_each_member(const Documents& documents, const Decisions& decisions,
                     const Records<Label>& labels, const std::function<void(const Member&)>& f) {
  auto next_label = labels.cursor();
  const Label* label = next_label.next();
  Decisions::Walk dropped = decisions.walk();
  documents.for_each_block([&](const Documents::Block& block) {
    for (const DocEntry& entry : block.entries) {
      if (label == nullptr || label->node != entry.key.value) continue;
      const bool kept = entry.first_drop == kNoStep && dropped.at(entry.key) == nullptr;
      f({label->root, label->node, entry.source, kept ? 1U : 0U});
      label = next_label.next();
    }
  });
  if (label != nullptr) throw InternalError("a grouped document is not at home");
}

// Walks along the documents at home here to those that are roots of `records`, sorted by root, and
// calls f(record, split of its root) for each record.
template <class Record, class F>
void for_each_at_root(const Documents& documents, const Splits& splits,
                      const Records<Record>& records, F&& f) {
  auto cursor = records.cursor();
  const Record* record = cursor.next();
  TextColumn ids;
  documents.for_each_block([&](const Documents::Block& block) {
    if (record == nullptr || block.entries.empty()) return;
    if (block.entries.back().key.value < record->root) return;
    block.fragment.ids(block.number, ids);
    for (std::size_t row = 0; row < block.entries.size() && record != nullptr; ++row) {
      if (block.entries[row].key.value != record->root) continue;
      const u64 root = record->root;
      const u32 split = splits.of(ids[row]);
      for (; record != nullptr && record->root == root; record = cursor.next()) f(*record, split);
    }
  });
  if (record != nullptr) throw InternalError("the first document of a group is not at home");
}

// What a rank has of a group, told to the home of its root, which answers with the split.
struct Part {
  u64 root = 0;
  u64 rank = 0;
  u64 documents = 0;
  u64 kept = 0;
  auto operator<=>(const Part&) const = default;
  [[nodiscard]] u64 leading() const { return root; }
};
struct RootSplit {
  u64 root = 0;
  u64 split = 0;
  auto operator<=>(const RootSplit&) const = default;
  [[nodiscard]] u64 leading() const { return root; }
};

}  // namespace

Groups make_groups(Cluster& cluster, const Documents& documents, const Decisions& decisions,
                   Records<Edge>&& edges, const Splits& splits) {
  const Records<Label> labels = labels_at_home(cluster, "groups", documents, std::move(edges));
  Shuffle<Member> to_roots(cluster, "groups.members", cluster.budget.lease("groups.members", 0.1));
  for_each_member(documents, decisions, labels, [&](const Member& member) {
    to_roots.put(documents.home(DocKey{member.root}), member);
  });
  Records<Member> members = to_roots.finish();
  members.sort();

  Shuffle<Membership> homeward(cluster, "groups.memberships",
                               cluster.budget.lease("groups.memberships", 0.1));
  auto ahead = members.cursor();  // so that the first of a group knows how many there are
  const Member* next = ahead.next();
  u32 size = 0;
  for_each_at_root(documents, splits, members, [&](const Member& member, u32 split) {
    if (member.key == member.root) {
      for (size = 0; next != nullptr && next->root == member.root; next = ahead.next()) ++size;
    }
    homeward.put(documents.home(DocKey{member.key}), {member.key, member.root, split, size});
  });
  Records<Membership> memberships = homeward.finish();
  memberships.sort();
  return {std::move(memberships), std::move(members)};
}

// A group may hold most documents: they stay at home, and only what ranks have of it is told.
LineageGroups make_lineage_groups(Cluster& cluster, const Documents& documents,
                                  const Decisions& decisions, Records<Edge>&& lineage,
                                  const Groups& duplicates, const Splits& splits) {
  Records<Edge> edges = std::move(lineage);
  duplicates.memberships.for_each([&](const Membership& member) {
    if (member.key != member.root) edges.push({member.root, member.key});
  });
  const Records<Label> labels = labels_at_home(cluster, "lineage", documents, std::move(edges));
  Records<Member> members(cluster, "lineage.members", cluster.budget.lease("lineage.members", 0.1));
  for_each_member(documents, decisions, labels, [&](const Member& m) { members.push(m); });
  members.sort();

  Shuffle<Part> asking(cluster, "lineage.parts", cluster.budget.lease("lineage.parts", 0.05));
  Part part;
  const auto ask = [&] {
    if (part.documents > 0) asking.put(documents.home(DocKey{part.root}), part);
  };
  members.for_each([&](const Member& member) {
    if (part.documents == 0 || member.root != part.root) {
      ask();
      part = {member.root, cluster.rank().value, 0, 0};
    }
    ++part.documents;
    part.kept += member.kept;
  });
  ask();
  Records<Part> parts = asking.finish();
  parts.sort();

  LineageGroups groups{Records<Membership>(cluster, "lineage.memberships",
                                           cluster.budget.lease("lineage.memberships", 0.1))};
  Shuffle<RootSplit> answering(cluster, "lineage.splits",
                               cluster.budget.lease("lineage.splits", 0.05));
  Part whole;
  for_each_at_root(documents, splits, parts, [&](const Part& of_rank, u32 split) {
    if (groups.groups == 0 || of_rank.root != whole.root) {
      ++groups.groups;
      whole = {of_rank.root, 0, 0, 0};
    }
    whole.kept += of_rank.kept;
    groups.documents += of_rank.documents;
    groups.largest_kept = std::max(groups.largest_kept, whole.kept);
    answering.put(Rank{narrow<u32>(of_rank.rank)}, {of_rank.root, split});
  });
  Records<RootSplit> answers = answering.finish();
  answers.sort();
  groups.groups = cluster.control.all_sum(groups.groups);
  groups.documents = cluster.control.all_sum(groups.documents);
  groups.largest_kept = cluster.control.all_max(groups.largest_kept);

  auto next_answer = answers.cursor();
  const RootSplit* answer = next_answer.next();
  members.for_each([&](const Member& member) {
    while (answer != nullptr && answer->root < member.root) answer = next_answer.next();
    if (answer == nullptr || answer->root != member.root) {
      throw InternalError("no split for the group of " + DocKey{member.root}.text());
    }
    groups.memberships.push({member.key, member.root, narrow<u32>(answer->split), 0});
  });
  groups.memberships.sort();
  return groups;
}

}  // namespace shardmill
