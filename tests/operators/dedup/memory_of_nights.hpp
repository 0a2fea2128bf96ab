// What a step remembers, in memory for tests.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cluster/agree.hpp"
#include "tests/operators/dedup/memory_sketches.hpp"

namespace shardmill {

// Gives back what was given to remember() in the last night, and to commit() since. A file (an
// ordinal) that has changed is another.
struct MemoryOfNights final : PairMemory {
  explicit MemoryOfNights(u32 on)
      : ranks(on),
        commits(on),
        next_begun(on),
        next_pairs(on),
        next_documents(on),
        next_drops(on),
        next_edges(on),
        rules(on) {}

  Recalled recall(Cluster& cluster,
                  const std::function<void(const KnownDocument&, bool)>& on_document) override {
    for_each_here(cluster, documents, [&](const KnownDocument& document) {
      on_document(document, still(document.key));
    });
    return {there && lost != cluster.rank().value, by, decided_by, pairs.size()};
  }
  bool recall_pairs(Cluster& cluster,
                    const std::function<void(const ComparedPair&)>& on_pair) override {
    for_each_here(cluster, pairs, [&](const ComparedPair& pair) {
      if (still(pair.better_key) && still(pair.worse_key)) on_pair(pair);
    });
    return lost_pairs != cluster.rank().value;
  }
  bool recall_begun(Cluster& cluster,
                    const std::function<void(const ComparedPair&)>& on_pair) override {
    for_each_here(cluster, begun, [&](const ComparedPair& pair) {
      if (still(pair.better_key) && still(pair.worse_key)) on_pair(pair);
    });
    return true;
  }
  bool goes_on(Cluster&, bool) override { return same_step; }
  // All ranks die together, behind the last of them.
  void commit(Cluster& cluster, const Records<ComparedPair>& committed) override {
    committed.for_each([&](const ComparedPair& pair) { next_begun.of(cluster).push_back(pair); });
    commits.of(cluster).push_back(cluster.control.all_sum(committed.size()));
    if (commits.of(cluster).size() == dies_at) fail_together(Stopped("killed"));
  }
  bool recall_decisions(Cluster& cluster, const std::function<void(const Verdict&)>& on_drop,
                        const std::function<void(const Edge&)>& on_edge) override {
    for_each_here(cluster, drops, on_drop);
    for_each_here(cluster, edges, on_edge);
    return lost_decisions != cluster.rank().value;
  }
  void remember(Cluster& cluster, const ToRemember& what) override {
    const auto keep = [&](const auto& records, auto& next) {
      records.for_each([&](const auto& record) { next.of(cluster).push_back(record); });
    };
    keep(what.pairs, next_pairs);
    keep(what.documents, next_documents);
    keep(what.drops, next_drops);
    keep(what.edges, next_edges);
    rules.of(cluster).push_back({what.by, what.decided_by, what.beside});
  }
  // The run has died. `same`: it is the same step that goes on.
  void die(bool same) {
    if (!same_step && !commits.all().empty()) begun.clear();
    for (const ComparedPair& pair : next_begun.all()) begun.push_back(pair);
    next_begun = PerRank<ComparedPair>(ranks);
    commits = PerRank<u64>(ranks);
    same_step = same;
  }
  void next_night() {
    const auto [now_by, now_decided_by, beside] = rules.all().front();
    by = now_by;
    decided_by = now_decided_by;
    if (!beside) pairs.clear();
    if (!same_step) begun.clear();
    die(false);
    for (const ComparedPair& pair : std::exchange(begun, {})) pairs.push_back(pair);
    for (const ComparedPair& pair : next_pairs.all()) pairs.push_back(pair);
    documents = next_documents.all();
    drops = next_drops.all();
    edges = next_edges.all();
    next_pairs = PerRank<ComparedPair>(ranks);
    next_documents = PerRank<KnownDocument>(ranks);
    next_drops = PerRank<Verdict>(ranks);
    next_edges = PerRank<Edge>(ranks);
    rules = PerRank<Rules>(ranks);
    there = true;
    changed.clear();
  }

  struct Rules {
    std::string by;
    std::string decided_by;
    bool beside;
  };
  u32 ranks;
  bool there = false;
  // Ranks that cannot read all of it.
  u32 lost = UINT32_MAX;
  u32 lost_pairs = UINT32_MAX;
  u32 lost_decisions = UINT32_MAX;
  std::set<u64> changed;   // ordinals
  u64 dies_at = 0;         // behind which commit
  bool same_step = false;  // as that of `begun`
  std::vector<ComparedPair> begun;
  std::string by;
  std::string decided_by;
  std::vector<ComparedPair> pairs;
  std::vector<KnownDocument> documents;
  std::vector<Verdict> drops;
  std::vector<Edge> edges;
  PerRank<u64> commits;  // pairs of all ranks
  PerRank<ComparedPair> next_begun;
  PerRank<ComparedPair> next_pairs;
  PerRank<KnownDocument> next_documents;
  PerRank<Verdict> next_drops;
  PerRank<Edge> next_edges;
  PerRank<Rules> rules;

 private:
  [[nodiscard]] bool still(u64 key) const { return !changed.contains(DocKey{key}.ordinal()); }
  template <class T, class F>
  static void for_each_here(const Cluster& cluster, const std::vector<T>& all, F&& f) {
    for (std::size_t i = cluster.rank().value; i < all.size(); i += cluster.size()) f(all[i]);
  }
};

}  // namespace shardmill
