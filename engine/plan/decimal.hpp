// Decimal: an exact number as people write it ("0.8"), for thresholds and fractions that decide.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "cluster/types.hpp"

namespace shardmill {

// numerator / denominator, the denominator a power of ten (1 to 10^18), without trailing zeros:
// 0.80 and 0.8 are the same value and have the same text.
struct Decimal {
  i64 numerator = 0;
  u64 denominator = 1;

  // Reads digits with an optional sign "-" and an optional fraction; no exponent, no "+", no
  // superfluous leading zero, at most 18 digits in all. Nothing for any other text.
  [[nodiscard]] static std::optional<Decimal> parse(std::string_view text);
  [[nodiscard]] std::string text() const;
  // The exact sum; throws InternalError beyond 18 digits.
  [[nodiscard]] Decimal plus(const Decimal& other) const;
  [[nodiscard]] double approximate() const {
    return static_cast<double>(numerator) / static_cast<double>(denominator);
  }
  bool operator==(const Decimal&) const = default;
  // Exact, by cross-multiplication.
  [[nodiscard]] std::strong_ordering operator<=>(const Decimal& other) const;
};

}  // namespace shardmill
