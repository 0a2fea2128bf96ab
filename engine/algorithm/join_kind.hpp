// What a join gives.
#pragma once

namespace shardmill {

enum class JoinKind {
  inner,  // every pair of a left and a right row with the same key
  left,   // the same, and every left row without such a right row, alone
  semi,   // every left row with such a right row, once and alone
  anti,   // every left row without such a right row, alone
};

}  // namespace shardmill
