#include "jobs/spec/scalar.hpp"

#include <array>
#include <charconv>

namespace shardmill {
namespace {

struct Unit {
  std::string_view name;
  unsigned shift;
};
constexpr std::array<Unit, 4> kUnits = {{{"TiB", 40}, {"GiB", 30}, {"MiB", 20}, {"KiB", 10}}};

}  // namespace

std::optional<i64> parse_integer(std::string_view text) {
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  if (digits.empty() || (digits.size() > 1 && digits.front() == '0')) return {};
  i64 result = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), result);
  if (error != std::errc{} || end != text.data() + text.size()) return {};
  return result;
}

std::optional<Bytes> parse_bytes(std::string_view text) {
  unsigned shift = 0;
  for (const Unit& unit : kUnits) {
    if (text.ends_with(unit.name)) {
      shift = unit.shift;
      text.remove_suffix(unit.name.size());
      break;
    }
  }
  const auto number = parse_integer(text);
  if (!number || *number < 0 || *number > (INT64_MAX >> shift)) return {};
  return Bytes{static_cast<u64>(*number) << shift};
}

std::string bytes_text(Bytes bytes) {
  for (const Unit& unit : kUnits) {
    const u64 size = u64{1} << unit.shift;
    if (bytes.value >= size && bytes.value % size == 0) {
      return std::to_string(bytes.value / size) + std::string(unit.name);
    }
  }
  return std::to_string(bytes.value);
}

}  // namespace shardmill
