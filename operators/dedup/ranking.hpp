// The order of the keep rule as one number per document.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "engine/plan/global_operator.hpp"
#include "operators/dedup/candidate.hpp"
#include "operators/dedup/keep_rule.hpp"

namespace shardmill {

// The order of DocKeys with foreign documents moved to the front.
[[nodiscard]] constexpr u64 arrival_of(DocKey key) {
  return key.value ^ u64 { 1 } << 63;
}
[[nodiscard]] constexpr DocKey key_of_arrival(u64 arrival) { return {arrival_of({arrival})}; }

// A document's place in the order of priority: smaller is better, no two are equal. By arrival it
// is arrival_of(); otherwise a global sort numbers them.
class Ranking {
 public:
  // Collective. The first `rule.bytes()` bytes of each sketch are its priority.
  // Traffic: none by arrival, else two exchanges of 88 bytes and 16 bytes a document.
  Ranking(Cluster& cluster, const std::string& name, const KeepRule& rule, Sketches& sketches)
      : Ranking(cluster, name, rule.bytes(), sketches) {}
  // The same of any order whose priorities are bytes that compare as memcmp does, so many of them
  // (at most those of a KeepRule of kMostCriteria; none: by arrival).
  Ranking(Cluster& cluster, const std::string& name, std::size_t priority_bytes,
          Sketches& sketches);

  // f(node, key, sketch without its priority) for this rank's documents, in key order.
  void for_each(Sketches& sketches,
                const std::function<void(u64 node, DocKey key, std::string_view sketch)>& f) const;

  // Of a sketch as Sketches gives it.
  [[nodiscard]] std::string_view without_priority(std::string_view sketch) const {
    return sketch.substr(prefix_);
  }

  // Collective. Fills in the nodes of pairs that lie at owner_of(mix64(better_key)); the same
  // pairs, sorted, at the same ranks. Traffic: none by arrival, else three times 32 bytes a pair.
  [[nodiscard]] Records<Candidate> place(Cluster& cluster, Sketches& sketches,
                                         Records<Candidate>&& pairs) const;

 private:
  struct Placed {
    DocKey key;
    u64 node = 0;
    auto operator<=>(const Placed&) const = default;
    [[nodiscard]] u64 leading() const { return key.value; }
  };
  std::size_t prefix_;
  std::optional<Records<Placed>> placed_;  // by key; empty by arrival
};

}  // namespace shardmill
