#include "operators/dedup/ranking.hpp"

#include <array>
#include <cstring>

#include "engine/algorithm/sort.hpp"
#include "engine/exchange/partition.hpp"
#include "engine/exchange/shuffle.hpp"
#include "engine/hash/hash.hpp"
#include "engine/records/ascending.hpp"

namespace shardmill {
namespace {

struct Prioritised {
  std::array<u8, KeepRule::kMostCriteria * KeepRule::kCriterionBytes> priority{};
  u64 arrival = 0;  // foreign documents first
  auto operator<=>(const Prioritised&) const = default;
};

// By the document that goes, which is not what orders candidates.
struct ByWorse {
  static constexpr bool kThenAsRecords = true;
  bool operator()(const Candidate& a, const Candidate& b) const {
    return a.worse_key != b.worse_key ? a.worse_key < b.worse_key : a < b;
  }
  [[nodiscard]] u64 leading(const Candidate& pair) const { return pair.worse_key; }
};

}  // namespace

Ranking::Ranking(Cluster& cluster, const std::string& name, std::size_t priority_bytes,
                 Sketches& sketches)
    : prefix_(priority_bytes) {
  if (prefix_ == 0) return;
  Records<Prioritised> all(cluster, name + ".priorities",
                           cluster.budget.lease(name + ".priorities", 0.1));
  sketches.for_each([&](DocKey key, std::string_view sketch) {
    Prioritised record;
    // All zeros: nothing of ours is as good, since foreign documents are published already.
    if (!key.foreign()) std::memcpy(record.priority.data(), sketch.data(), prefix_);
    record.arrival = arrival_of(key);
    all.push(record);
  });
  all = sort(cluster, name + ".rank", std::move(all));
  u64 node = 0;
  const std::vector<std::string> sizes = cluster.control.all_gather(std::to_string(all.size()));
  for (u32 r = 0; r < cluster.rank().value; ++r) node += std::stoull(sizes[r]);

  Shuffle<Placed> homeward(cluster, name + ".ranks", cluster.budget.lease(name + ".ranks", 0.05));
  all.for_each([&](const Prioritised& record) {
    const DocKey key = key_of_arrival(record.arrival);
    homeward.put(sketches.home(key), {key, node++});
  });
  placed_.emplace(homeward.finish());
  placed_->sort();
}

void Ranking::for_each(
    Sketches& sketches,
    const std::function<void(u64 node, DocKey key, std::string_view sketch)>& f) const {
  if (!placed_) {
    sketches.for_each(
        [&](DocKey key, std::string_view sketch) { f(arrival_of(key), key, sketch); });
    return;
  }
  auto placed = placed_->cursor();
  sketches.for_each([&](DocKey key, std::string_view sketch) {
    const Placed* at = placed.next();
    if (at == nullptr || at->key != key) throw InternalError("no rank for document " + key.text());
    f(at->node, key, sketch.substr(prefix_));
  });
}

Records<Candidate> Ranking::place(Cluster& cluster, Sketches& sketches,
                                  Records<Candidate>&& pairs) const {
  Records<Candidate> input = std::move(pairs);
  const auto lease = [&](const char* name) { return cluster.budget.lease(name, 0.1); };
  Records<Candidate> placed = [&] {
    if (!placed_) {
      Records<Candidate> here(cluster, "minhash.placed", lease("minhash.placed"));
      input.drain([&](const Candidate& pair) {
        here.push({pair.better_key, pair.worse_key, arrival_of(DocKey{pair.better_key}),
                   arrival_of(DocKey{pair.worse_key})});
      });
      return here;
    }
    Shuffle<Candidate> to_better(cluster, "minhash.to_better", lease("minhash.to_better"));
    input.drain([&](const Candidate& pair) {
      to_better.put(sketches.home(DocKey{pair.better_key}), pair);
    });
    Records<Candidate> at_better = to_better.finish();
    at_better.sort();

    Shuffle<Candidate, ByWorse> to_worse(cluster, "minhash.to_worse", lease("minhash.to_worse"));
    const auto node_of = [](Ascending<Placed>& here, u64 key) {
      const Placed* at = here.find(key);
      if (at == nullptr) throw InternalError("no rank for document " + DocKey{key}.text());
      return at->node;
    };
    Ascending better(*placed_);
    at_better.for_each([&](const Candidate& pair) {
      to_worse.put(sketches.home(DocKey{pair.worse_key}),
                   {pair.better_key, pair.worse_key, node_of(better, pair.better_key), 0});
    });
    Records<Candidate, ByWorse> at_worse = to_worse.finish();
    at_worse.sort();

    Shuffle<Candidate> back(cluster, "minhash.placed", lease("minhash.placed"));
    Ascending worse(*placed_);
    at_worse.for_each([&](const Candidate& pair) {
      back.put(owner_of(mix64(pair.better_key), cluster.size()),
               {pair.better_key, pair.worse_key, pair.better, node_of(worse, pair.worse_key)});
    });
    return back.finish();
  }();
  placed.sort();
  return placed;
}

}  // namespace shardmill
