#include "engine/records/external_heap.hpp"

#include <queue>
#include <random>

#include "tests/engine/records/cluster_shapes.hpp"

namespace shardmill {
namespace {

TEST(ExternalHeap, AgreesWithAHeapInMemory) {
  for (const u64 spill : {0, 1, 5, 200}) {
    ThreadOptions options;
    options.force_spill_rows = spill;
    run_on_threads(1, options, [&](Cluster& cluster) {
      std::mt19937_64 random(spill);
      ExternalHeap<u64> heap(cluster, "heap", Lease());
      std::priority_queue<u64, std::vector<u64>, std::greater<>> expected;
      for (int i = 0; i < 20'000; ++i) {
        if (random() % 5 < (i < 10'000 ? 4U : 1U)) {
          const u64 value = random() % 1000;
          heap.push(value);
          expected.push(value);
        } else if (!expected.empty()) {
          ASSERT_NE(heap.top(), nullptr);
          ASSERT_EQ(*heap.top(), expected.top());
          heap.pop();
          expected.pop();
        } else {
          ASSERT_EQ(heap.top(), nullptr);
        }
      }
      EXPECT_EQ(heap.spilled(), spill != 0);
    });
  }
}

}  // namespace
}  // namespace shardmill
