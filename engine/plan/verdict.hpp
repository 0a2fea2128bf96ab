// What a global operator decides about a document.
#pragma once

#include <compare>

#include "engine/batch/doc_key.hpp"

namespace shardmill {

// One drop by a global operator. Ordered by document, then step.
struct Verdict {
  static constexpr DocKey kNoWitness{UINT64_MAX};

  DocKey key;
  DocKey witness;  // kNoWitness: none, no other document is the reason
  u32 step = 0;    // position in the run's list of steps
  u32 reason = 0;  // position in GlobalOperator::reasons()
  u64 score_num = 0;
  u64 score_den = 0;  // 0: no score
  auto operator<=>(const Verdict&) const = default;
  [[nodiscard]] u64 leading() const { return key.value; }
};

}  // namespace shardmill
