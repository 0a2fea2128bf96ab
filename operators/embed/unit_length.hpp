// Vectors of length one.
#pragma once

#include <cmath>
#include <span>

namespace shardmill {

// Divides each component by the vector's length: the root of the sum of squares, taken in double in
// the order of components; each quotient is rounded to float32. A zero vector stays as it is.
inline void make_unit_length(std::span<float> vector) {
  double squares = 0;
  for (const float component : vector) {
    squares += static_cast<double>(component) * static_cast<double>(component);
  }
  if (squares == 0) return;
  const double length = std::sqrt(squares);
  for (float& component : vector) {
    component = static_cast<float>(static_cast<double>(component) / length);
  }
}

}  // namespace shardmill
