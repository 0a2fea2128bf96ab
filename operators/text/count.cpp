#include "operators/text/count.hpp"

#include <algorithm>

#include "operators/text/utf8.hpp"

namespace shardmill {

u64 count_code_points(std::string_view text) {
  return static_cast<u64>(
      std::count_if(text.begin(), text.end(), [](char byte) { return !is_continuation(byte); }));
}

}  // namespace shardmill
