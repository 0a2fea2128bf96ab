#include "operators/embed/text_source.hpp"

#include <algorithm>
#include <cmath>

namespace shardmill {

void check_finite(const std::vector<float>& vector, const std::string& whose,
                  const TextSource& source) {
  if (std::all_of(vector.begin(), vector.end(), [](float x) { return std::isfinite(x); })) return;
  throw DataError("embed: the vector of " + whose + " has a number that is not finite" +
                  source.hint());
}

}  // namespace shardmill
