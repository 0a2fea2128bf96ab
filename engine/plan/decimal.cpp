#include "engine/plan/decimal.hpp"

namespace shardmill {
namespace {

using i128 = __int128;
constexpr std::size_t kMostDigits = 18;  // 10^18 is the largest power of ten an i64 holds

Decimal reduced(i64 numerator, u64 denominator) {
  while (denominator > 1 && numerator % 10 == 0) {
    numerator /= 10;
    denominator /= 10;
  }
  return {numerator, denominator};
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::optional<Decimal> Decimal::parse(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  const bool has_fraction = point != std::string_view::npos;
  const std::string_view fraction = has_fraction ? text.substr(point + 1) : std::string_view{};
  if (whole.empty() || (has_fraction && fraction.empty())) return {};
  if (whole.size() > 1 && whole.front() == '0') return {};
  if (whole.size() + fraction.size() > kMostDigits) return {};
  i64 numerator = 0;
  u64 denominator = 1;
  for (const char c : whole) {
    if (!is_digit(c)) return {};
    numerator = numerator * 10 + (c - '0');
  }
  for (const char c : fraction) {
    if (!is_digit(c)) return {};
    numerator = numerator * 10 + (c - '0');
    denominator *= 10;
  }
  return reduced(negative ? -numerator : numerator, denominator);
}

std::string Decimal::text() const {
  const bool negative = numerator < 0;
  // Negated as unsigned: the smallest i64 has no positive twin.
  const u64 size = negative ? u64{0} - static_cast<u64>(numerator) : static_cast<u64>(numerator);
  std::string result = (negative ? "-" : "") + std::to_string(size / denominator);
  if (denominator > 1) {
    // One digit more than the fraction has, so that its leading zeros are printed.
    result += "." + std::to_string(denominator + size % denominator).substr(1);
  }
  return result;
}

Decimal Decimal::plus(const Decimal& other) const {
  const u64 scale = denominator > other.denominator ? denominator : other.denominator;
  const i128 sum = i128{numerator} * static_cast<i128>(scale / denominator) +
                   i128{other.numerator} * static_cast<i128>(scale / other.denominator);
  const i128 bound = i128{1'000'000'000} * 1'000'000'000;
  if (sum >= bound || sum <= -bound) {
    throw InternalError("the sum of " + text() + " and " + other.text() + " has over 18 digits");
  }
  return reduced(static_cast<i64>(sum), scale);
}

std::strong_ordering Decimal::operator<=>(const Decimal& other) const {
  return i128{numerator} * static_cast<i128>(other.denominator) <=>
         i128{other.numerator} * static_cast<i128>(denominator);
}

}  // namespace shardmill
