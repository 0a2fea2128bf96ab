#include "jobs/run/groups.hpp"

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
Records<Label> labels_at_home(Cluster& cluster, const Documents& documents, Records<Edge>&& edges) {
  const Records<Label> labels =
      connected_components(cluster, "groups.components", std::move(edges));
  Shuffle<Label> homeward(cluster, "groups.labels", cluster.budget.lease("groups.labels", 0.1));
  labels.for_each(
      [&](const Label& label) { homeward.put(documents.home(DocKey{label.node}), label); });
  Records<Label> arrived = homeward.finish();
  arrived.sort();
  return arrived;
}

Records<Member> members_at_roots(Cluster& cluster, const Documents& documents,
                                 const Decisions& decisions, const Records<Label>& labels) {
  Shuffle<Member> to_roots(cluster, "groups.members", cluster.budget.lease("groups.members", 0.1));
  auto next_label = labels.cursor();
  const Label* label = next_label.next();
  Decisions::Walk dropped = decisions.walk();
  documents.for_each_block([&](const Documents::Block& block) {
    for (const DocEntry& entry : block.entries) {
      if (label == nullptr || label->node != entry.key.value) continue;
      const bool kept = entry.first_drop == kNoStep && dropped.at(entry.key) == nullptr;
      to_roots.put(documents.home(DocKey{label->root}),
                   {label->root, label->node, entry.source, kept ? 1U : 0U});
      label = next_label.next();
    }
  });
  if (label != nullptr) throw InternalError("a grouped document is not at home");
  Records<Member> members = to_roots.finish();
  members.sort();
  return members;
}

}  // namespace

Groups make_groups(Cluster& cluster, const Documents& documents, const Decisions& decisions,
                   Records<Edge>&& edges, const Splits& splits) {
  const Records<Label> labels = labels_at_home(cluster, documents, std::move(edges));
  Records<Member> members = members_at_roots(cluster, documents, decisions, labels);

  Shuffle<Membership> homeward(cluster, "groups.memberships",
                               cluster.budget.lease("groups.memberships", 0.1));
  auto next_member = members.cursor();
  const Member* member = next_member.next();
  TextColumn ids;
  documents.for_each_block([&](const Documents::Block& block) {
    if (member == nullptr || block.entries.empty()) return;
    if (block.entries.back().key.value < member->root) return;
    block.fragment.ids(block.number, ids);
    for (std::size_t row = 0; row < block.entries.size() && member != nullptr; ++row) {
      const u64 key = block.entries[row].key.value;
      if (key != member->root) continue;
      const u32 split = splits.of(ids[row]);
      for (; member != nullptr && member->root == key; member = next_member.next()) {
        homeward.put(documents.home(DocKey{member->key}), {member->key, key, split, 0});
      }
    }
  });
  if (member != nullptr) throw InternalError("the first document of a group is not at home");
  Records<Membership> memberships = homeward.finish();
  memberships.sort();
  return {std::move(memberships), std::move(members)};
}

}  // namespace shardmill
