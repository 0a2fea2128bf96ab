// What a ledger says, held in memory to be checked: part of `verify`.
#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/hash/hash.hpp"
#include "jobs/command/dataset.hpp"
#include "jobs/command/ledger_rows.hpp"
#include "jobs/command/placement.hpp"
#include "jobs/command/verify_findings.hpp"

namespace shardmill {

// Where a row is: position of the shard in shards("ledger/"), and its number there.
struct LedgerPlace {
  u32 shard = 0;
  u64 row = 0;
};

// When a document was dropped: the position of the step, kExcluded, or kKept.
inline constexpr i64 kExcluded = -1;
inline constexpr i64 kKept = INT64_MAX;

// The kept or dropped row of a document.
struct Owned {
  DocKey key;
  Hash128 id;
  i64 step = kKept;
  LedgerPlace place;
  std::optional<DocKey> group;  // by lineage or, where the job has none, its cluster
};

// A row that names a witness.
struct Testimony {
  DocKey witness;
  Hash128 witness_id;
  i64 step = 0;
  LedgerPlace place;
  std::optional<DocKey> group;  // of the document that names it, as in Owned
  bool may_go = false;          // the step may drop the witness too
};

struct CheckedCluster {
  std::string id;
  std::string path;
  u64 row = 0;
  i64 size = 0;  // as stated
  i64 kept = 0;
  std::string sources;               // JSON as stated
  std::optional<DocKey> group = {};  // by lineage, of the first member found
  i64 members_found = 0;
  i64 kept_found = 0;
  std::map<std::string, u64> sources_found;
};

// A kept document by where its text must be: split, epoch, id and source.
struct TextPlaceHash {
  std::size_t operator()(const Hash128& hash) const { return hash.low; }
};
[[nodiscard]] Hash128 text_of(u32 epoch, std::string_view id, std::string_view source);
[[nodiscard]] Hash128 text_place(std::string_view split, const Hash128& text);
struct ExpectedText {
  LedgerPlace place;  // of the first
  u32 documents = 0;  // of the ledger
  u32 texts = 0;      // found
  // Of token shards (verify_token_documents.hpp): how often each of the documents must be there,
  // how many there are with all copies, and sums of what they must be and are.
  u32 copies = 0;
  u32 rows = 0;
  u64 expected = 0;
  u64 found = 0;
};

// A kept document of a cluster, by text_of().
struct ClusterMember {
  DocKey cluster;
  Hash128 text;
};

// A group by lineage, also of one document.
struct CheckedGroup {
  u64 documents = 0;
  u64 kept = 0;
  std::string split;  // of its first document; empty until that is found
};

// Reads the tables of clusters and the ledger; what is wrong with a row by itself is found here.
class LedgerContents {
 public:
  LedgerContents(const Dataset& dataset, const Job& job, const Placement& placement,
                 VerifyFindings& findings);

  std::vector<Owned> owned;  // by key
  std::vector<Testimony> testimonies;
  std::map<DocKey, CheckedCluster> clusters;  // by root
  std::vector<ClusterMember> members;
  std::map<DocKey, CheckedGroup> groups;  // by root
  std::unordered_map<Hash128, ExpectedText, TextPlaceHash> texts;
  std::map<std::string, std::map<std::string, u64>> dropped;  // step -> reason -> documents
  u64 kept = 0;
  u64 foreign_witnesses = 0;

  // Null: no such document.
  [[nodiscard]] const Owned* find(DocKey key) const;
  [[nodiscard]] const std::string& path(const LedgerPlace& place) const {
    return shards_[place.shard]->path;
  }

 private:
  void read_clusters(const Dataset& dataset);
  void read_shard(const Dataset& dataset, u32 shard);
  void document(const LedgerEntry& entry, DocKey key, i64 step, u32 epoch, LedgerPlace place);
  [[nodiscard]] std::optional<DocKey> group_of(const LedgerEntry& entry, DocKey key,
                                               LedgerPlace place);
  void expect_text(const std::string& split, const Hash128& text, DocKey key, LedgerPlace place);
  void place_groups();
  void witness(const LedgerEntry& entry, i64 step, LedgerPlace place);
  void benchmark_item(const LedgerEntry& entry, LedgerPlace place);
  void score(const LedgerEntry& entry, const StepSpec& step, LedgerPlace place);
  [[nodiscard]] i64 step_of(const LedgerEntry& entry, LedgerPlace place);
  void problem(LedgerPlace place, const std::string& what) {
    findings_.problem(path(place), place.row, what);
  }

  const Job& job_;
  const Placement& placement_;
  VerifyFindings& findings_;
  std::vector<const ShardRecord*> shards_;
  // Kept documents of groups whose first may come later.
  struct Waiting {
    DocKey group;
    DocKey key;
    Hash128 text;
    LedgerPlace place;
  };
  std::vector<Waiting> waiting_;
};

}  // namespace shardmill
