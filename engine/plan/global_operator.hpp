// A global operator compares documents: it takes a sketch of each in the read pass and decides on
// sketches, collectively, in the resolve.
#pragma once

#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/cluster.hpp"
#include "engine/algorithm/connected_components.hpp"
#include "engine/batch/batch.hpp"
#include "engine/plan/begun_work.hpp"
#include "engine/plan/match.hpp"
#include "engine/plan/pair_memory.hpp"
#include "engine/plan/token_format.hpp"
#include "engine/plan/verdict.hpp"
#include "engine/records/ascending.hpp"
#include "engine/records/records.hpp"
#include "engine/records/rows.hpp"

namespace shardmill {

// A document asked for by key.
struct Wanted {
  DocKey key;
  u64 tag = 0;
  auto operator<=>(const Wanted&) const = default;
  [[nodiscard]] u64 leading() const { return key.value; }
};

// The documents a step sees: those with no drop at an earlier step, and foreign ones when the step
// has `against`. Each lives at its home, the rank that streams its fragment.
class Sketches {
 public:
  virtual ~Sketches() = default;
  // This rank's documents in key order. The sketch is what sketch() appended for the document,
  // without the length before it.
  virtual void for_each(const std::function<void(DocKey, std::string_view sketch)>& f) = 0;
  // The same of some of them; `wanted` is sorted, keys (DocKey values) of documents at home here.
  // What lies far from all of them is not read.
  virtual void for_each_of(const Records<u64>& wanted,
                           const std::function<void(DocKey, std::string_view sketch)>& f) {
    Ascending next(wanted);
    for_each([&](DocKey key, std::string_view sketch) {
      if (next.has(key.value)) f(key, sketch);
    });
  }
  // This rank's documents in key order, without their sketches.
  virtual void for_each_key(const std::function<void(DocKey)>& f) {
    for_each([&](DocKey key, std::string_view) { f(key); });
  }
  [[nodiscard]] virtual Rank home(DocKey key) const = 0;
  // The id of a document at home here, for messages: looks through all of them.
  [[nodiscard]] virtual std::string id_of(DocKey key) const = 0;
  // The texts, as they stood at this step, of documents at home here; `wanted` is sorted.
  virtual void for_each_text(
      Records<Wanted>& wanted,
      const std::function<void(const Wanted&, std::string_view text)>& f) = 0;
  // Of this step; null: there is none.
  [[nodiscard]] virtual PairMemory* pairs() { return nullptr; }
  // Where this step may commit parts of its work; null: nowhere.
  [[nodiscard]] virtual const BegunWork* begun() { return nullptr; }
};

// A table of its own that a step makes.
struct MadeTable {
  std::string name;
  Schema columns;  // by name, as shards have them; the same everywhere
  // On any rank. Key: what a row is placed and ordered by, as if an id. Payload: each column as
  // optional_text, JSON but for utf8 columns.
  Rows rows;
};

// Where a step puts what it found. Any rank may report any document.
class Findings {
 public:
  Findings(Cluster& in, std::string label)
      : cluster(in),
        step(std::move(label)),
        drops(cluster, step + ".drops", cluster.budget.lease(step + ".drops", 0.02)),
        edges(cluster, step + ".edges", cluster.budget.lease(step + ".edges", 0.02)),
        matches(cluster, step + ".matches", cluster.budget.lease(step + ".matches", 0.02)),
        added(cluster, step + ".added", cluster.budget.lease(step + ".added", 0.02)) {}
  // A table of these columns, without rows: by name, as GlobalOperator::made_tables() has them.
  Rows& make_table(const std::string& name, Schema columns) {
    const std::string lease = step + "." + name;
    made.push_back(
        {name, std::move(columns), Rows(cluster, lease, cluster.budget.lease(lease, 0.02))});
    return made.back().rows;
  }

  Cluster& cluster;
  std::string step;  // label
  Records<Verdict> drops;
  Records<Edge> edges;  // pairs that belong together (DocKey values); never with a foreign one
  // Items of benchmarks in documents. Key: the document's (sortable). Payload: append_match(). A
  // document that is dropped for one has a drop too.
  Rows matches;
  // Values of added_columns(), at most one row for a document. Key: the document's (big-endian).
  // Payload: how many rows of a table they come from, and then each column as optional_text
  // (engine/batch/wire.hpp).
  Rows added;
  std::vector<u64> kinds;  // by added column: SeenKind bits of all its values; the same everywhere
  std::deque<MadeTable> made;
  // Sentences, of what a user hardly wants; the same everywhere, told once in every run.
  std::vector<std::string> warnings;
  std::map<std::string, u64> counts;  // of this rank, for the record of the run; not kept
};

// A table that a step will make: its rows are placed and ordered by these columns.
struct TableKey {
  std::string name;
  std::vector<std::string> by;
};

class GlobalOperator {
 public:
  virtual ~GlobalOperator() = default;
  [[nodiscard]] virtual std::vector<std::string> reasons() const = 0;
  // Bytes of one document's sketch; kSketchesDiffer: each has its length (u64) before it.
  static constexpr std::size_t kSketchesDiffer = 0;
  [[nodiscard]] virtual std::size_t sketch_bytes() const = 0;
  // Whether resolve() asks for texts.
  [[nodiscard]] virtual bool needs_text() const { return false; }
  // Whether resolve() remembers the pairs it has compared.
  [[nodiscard]] virtual bool compares_pairs() const { return false; }
  // Memory that resolve() takes for the longest text beside all leases, in bytes for each of its
  // bytes.
  [[nodiscard]] virtual u64 memory_per_text_byte() const { return 0; }
  // Before all else but tables() and what is const, on rank 0 and then on the others: makes, or
  // finds again, what sketches are looked up in. `folder` is the store's, for files named by what
  // they are made of; `tables` is the digest of tables(). Returns these files. A plan leaves it
  // out: what is missing is then made in memory. Throws DataError.
  virtual std::vector<std::filesystem::path> prepare(const std::filesystem::path& folder,
                                                     const std::string& tables) {
    (void)folder;
    (void)tables;
    return {};
  }
  // Bytes that the operator holds from the first sketch to the end, whatever the documents. May
  // read tables(): throws DataError.
  [[nodiscard]] virtual u64 memory_held() { return 0; }
  // Of these, what the ranks of one machine hold together when it was prepared (a mapped file).
  [[nodiscard]] virtual u64 memory_shared() { return 0; }
  // What sketches depend on besides the text: equal texts say the same only when these are equal.
  [[nodiscard]] virtual std::string sketch_settings() const = 0;
  // Columns that sketch() looks at in documents of `against` too: their fields are there then. They
  // are part of sketch_settings().
  [[nodiscard]] virtual std::vector<std::string> columns_compared() const { return {}; }
  // Columns that resolve() gives to documents. They are published; no step can read them.
  [[nodiscard]] virtual std::vector<std::string> added_columns() const { return {}; }
  // The tables that resolve() makes, published as tables/NAME/.
  [[nodiscard]] virtual std::vector<TableKey> made_tables() const { return {}; }
  // Whether some of its matches take a piece out of the published text. No step reads that.
  [[nodiscard]] virtual bool cuts_text() const { return false; }
  // Files (names and patterns, absolute) that the step reads beside the documents, and whether
  // sketch() does, not only resolve().
  [[nodiscard]] virtual std::vector<std::string> tables() const { return {}; }
  [[nodiscard]] virtual bool sketch_reads_tables() const { return false; }
  // Whether edges say what lies in one split only, not what is the same. resolve() then sees the
  // documents that other steps drop too; those that are excluded it does not see.
  [[nodiscard]] virtual bool finds_lineage() const { return false; }
  // When sketches are token ids, little-endian and as wide as this says: they are published as
  // token shards. Null of all other steps. May read tables(): throws DataError.
  [[nodiscard]] virtual const TokenFormat* tokens() { return nullptr; }
  // Of the next sketch(): rows that are dropped already, and whose sketches nobody will look at.
  virtual void leave_out(const std::vector<bool>& rows) { (void)rows; }
  // Appends the sketches of all documents, one after the other.
  virtual void sketch(const Batch& batch, std::string& out) = 0;
  // Called when the sketches of a fragment are to be kept. Throws DataError when they cannot be
  // trusted.
  virtual void end_fragment() {}
  // Collective. Reports drops (with `step` filled in) and edges.
  virtual void resolve(Cluster& cluster, Sketches& sketches, u32 step, Findings& findings) = 0;
};

}  // namespace shardmill
