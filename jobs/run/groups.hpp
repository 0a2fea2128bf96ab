// Groups: documents that belong together, and the split that keeps them so.
#pragma once

#include <string>
#include <vector>

#include "engine/plan/decimal.hpp"
#include "jobs/run/decisions.hpp"

namespace shardmill {

// Splits by name, in the job's order, as intervals of 64-bit hashes.
class Splits {
 public:
  // Fractions sum to exactly 1. Interval borders are ceil(2^64 x cumulated fraction), exact.
  Splits(const std::vector<std::pair<std::string, Decimal>>& fractions, u64 seed);
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  // Position of the split in which H(seed, id) lies.
  [[nodiscard]] u32 of(std::string_view id) const;

 private:
  std::vector<std::string> names_;
  std::vector<u64> last_;  // inclusive upper border of each interval; unused where empty_
  std::vector<bool> empty_;
  u64 seed_;
};

// A document in a group of two or more. The root is the smallest key of the group.
struct Member {
  u64 root = 0;
  u64 key = 0;
  u32 source = 0;
  u32 kept = 0;
  auto operator<=>(const Member&) const = default;
  [[nodiscard]] u64 leading() const { return root; }
};

// What its group means for a document: sorted by key, at home.
struct Membership {
  u64 key = 0;
  u64 root = 0;
  u32 split = 0;  // where the group lies, by its root's id
  u32 size = 0;   // of a group of duplicates: its documents
  auto operator<=>(const Membership&) const = default;
  [[nodiscard]] u64 leading() const { return key; }
};

struct Groups {
  Records<Membership> memberships;  // at the homes of the documents
  Records<Member> members;          // by (root, key), at the homes of the roots
};

// What lies in one split when lineage columns tie documents beside duplicates.
struct LineageGroups {
  Records<Membership> memberships;  // at the homes of the documents; of groups of two or more
  u64 groups = 0;                   // the rest over all ranks
  u64 documents = 0;                // in them
  u64 largest_kept = 0;             // most kept documents of one group
};

// Collective: connected components of `edges`. `kept`: whether a document of ours survives.
[[nodiscard]] Groups make_groups(Cluster& cluster, const Documents& documents,
                                 const Decisions& decisions, Records<Edge>&& edges,
                                 const Splits& splits);

// Collective: connected components of the groups of duplicates and `lineage`. Communication beside
// that of the components: 32 bytes for each group and rank that has documents of it.
[[nodiscard]] LineageGroups make_lineage_groups(Cluster& cluster, const Documents& documents,
                                                const Decisions& decisions, Records<Edge>&& lineage,
                                                const Groups& duplicates, const Splits& splits);

}  // namespace shardmill
