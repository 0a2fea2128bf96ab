// Random unit vectors, some of them near each other.
#pragma once

#include <random>
#include <span>
#include <vector>

#include "operators/nearest/cosine.hpp"

namespace shardmill {

// `count` vectors back to back. With `centers` > 0 each is near one of so many, `spread` away in
// each component; every tenth is the same as the one before.
inline std::vector<float> random_units(std::size_t count, std::size_t dimensions, u32 seed,
                                       std::size_t centers = 0, double spread = 0.1) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  std::vector<double> center(centers * dimensions);
  for (double& x : center) x = normal(random);
  std::vector<float> vectors;
  for (std::size_t n = 0; n < count; ++n) {
    if (n % 10 == 9) {
      for (std::size_t i = 0; i < dimensions; ++i) {
        vectors.push_back(vectors[vectors.size() - dimensions]);
      }
      continue;
    }
    const std::size_t near = centers == 0 ? 0 : random() % centers;
    std::vector<float> vector;
    for (std::size_t i = 0; i < dimensions; ++i) {
      const double x = normal(random);
      vector.push_back(
          static_cast<float>(centers == 0 ? x : center[near * dimensions + i] + spread * x));
    }
    (void)make_unit(vector);
    vectors.insert(vectors.end(), vector.begin(), vector.end());
  }
  return vectors;
}

inline std::span<const float> vector_at(std::span<const float> vectors, std::size_t dimensions,
                                        std::size_t number) {
  return vectors.subspan(number * dimensions, dimensions);
}

}  // namespace shardmill
