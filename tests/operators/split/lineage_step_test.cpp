#include "operators/split/lineage_step.hpp"

#include <random>
#include <set>

#include "tests/operators/dedup/memory_sketches.hpp"

namespace shardmill {
namespace {

class LineageShapes : public ClusterShapes {};
SHARDMILL_EVERY_SHAPE(LineageShapes);

LineageStep step() { return {"split", {"author", "thread", "source"}, {"web", "", ""}}; }

// The root of each document, by brute force.
class Forest {
 public:
  u64 find(u64 node) {
    u64& parent = parent_.emplace(node, node).first->second;
    return parent == node ? node : parent = find(parent);
  }
  void unite(u64 a, u64 b) {
    a = find(a);
    b = find(b);
    parent_[std::max(a, b)] = std::min(a, b);
  }

 private:
  std::map<u64, u64> parent_;
};

struct Tied {
  SketchedDocuments documents;
  Forest forest;
  std::set<std::pair<u32, std::string>> values;
};

// Half of the documents have one author, the others few others, or none.
Tied tied() {
  std::mt19937 random(5);
  Tied made;
  std::map<std::pair<u32, std::string>, u64> first;
  for (u32 i = 0; i < 600; ++i) {
    Batch batch;
    batch.key.push_back(DocKey::of(i / 50, i));
    batch.source.push_back(draw(random, 2) + 1);  // of no name: ties nothing
    batch.id.push(std::to_string(i));
    batch.text.push("");
    const auto tie = [&](u32 column, const std::string& value) {
      const u64 key = batch.key[0].value;
      made.values.insert({column, value});
      made.forest.unite(first.emplace(std::pair(column, value), key).first->second, key);
    };
    if (i % 2 == 0) {
      batch.field_for_append("author").push("\"hub\"");
      tie(0, "hub");
    } else if (draw(random, 3) > 0) {
      const std::string author = std::to_string(draw(random, 200));
      batch.field_for_append("author").push(draw(random, 2) == 0 ? author : "\"" + author + "\"");
      tie(0, author);
    }
    if (i % 2 == 1 && draw(random, 4) == 0) {
      const std::string thread = std::to_string(draw(random, 60));
      batch.field_for_append("thread").push(thread + ".0");
      tie(1, thread);
    } else if (draw(random, 2) == 0) {
      batch.field_for_append("thread").push(draw(random, 2) == 0 ? "null" : "\"\"");
    }
    batch.end_document();
    std::string sketch;
    LineageStep lineage = step();
    lineage.sketch(batch, sketch);
    EXPECT_EQ(sketch.size(), lineage.sketch_bytes());
    made.documents[batch.key[0]] = {sketch};
  }
  return made;
}

TEST_P(LineageShapes, EdgesJoinWhatSharesAValue) {
  Tied made = tied();
  PerRank<Edge> edges(GetParam().ranks);
  PerRank<u64> rows(GetParam().ranks);
  run([&](Cluster& cluster) {
    MemorySketches sketches(made.documents, cluster.rank(), cluster.size());
    Findings findings(cluster, "split");
    step().resolve(cluster, sketches, 3, findings);
    EXPECT_EQ(findings.drops.size(), 0U);
    findings.edges.for_each([&](const Edge& one) { edges.of(cluster).push_back(one); });
    for (const Traffic& traffic : cluster.traffic) {
      for (const Traffic::To& to : traffic.to) rows.of(cluster).push_back(to.rows);
    }
  });
  Forest found;
  for (const Edge& edge : edges.all()) found.unite(edge.a, edge.b);
  std::set<u64> roots;
  for (const auto& [key, document] : made.documents) {
    EXPECT_EQ(found.find(key.value), made.forest.find(key.value)) << key.text();
    roots.insert(found.find(key.value));
  }
  EXPECT_GT(roots.size(), 50U);
  // What travels does not grow with the documents of a value.
  u64 travelled = 0;
  for (const u64 n : rows.all()) travelled += n;
  EXPECT_LE(travelled, made.values.size() * GetParam().ranks);
}

TEST(LineageStep, ColumnsAreInItsSketch) {
  EXPECT_NE(LineageStep("split", {"ab", "c"}, {}).sketch_settings(),
            LineageStep("split", {"a", "bc"}, {}).sketch_settings());
  EXPECT_TRUE(step().finds_lineage());
  EXPECT_TRUE(step().reasons().empty());
}

}  // namespace
}  // namespace shardmill
