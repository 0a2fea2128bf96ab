#include "jobs/report/amounts.hpp"

#include <cstdio>

#include "engine/observe/progress_text.hpp"

namespace shardmill {
namespace {

std::string formatted(const char* format, double value) {
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, format, value);
  return buffer;
}

// The code point at `at`, which moves behind it; a stray byte counts as one character.
u32 next_character(std::string_view text, std::size_t& at) {
  const u8 lead = static_cast<u8>(text[at++]);
  u32 code = lead < 0x80   ? lead
             : lead < 0xE0 ? lead & 0x1FU
             : lead < 0xF0 ? lead & 0x0FU
                           : lead & 7U;
  while (at < text.size() && (static_cast<u8>(text[at]) & 0xC0) == 0x80) {
    code = code << 6 | (static_cast<u8>(text[at++]) & 0x3FU);
  }
  return code;
}

// Hangul, CJK, full-width forms, emoji and the ideographs beyond: close enough for a table.
std::size_t columns_of_character(u32 code) {
  const bool wide = (code >= 0x1100 && code <= 0x115F) || (code >= 0x2E80 && code <= 0xA4CF) ||
                    (code >= 0xAC00 && code <= 0xD7A3) || (code >= 0xF900 && code <= 0xFAFF) ||
                    (code >= 0xFE30 && code <= 0xFE6F) || (code >= 0xFF00 && code <= 0xFF60) ||
                    (code >= 0x1F300 && code <= 0x1FAFF) || (code >= 0x20000 && code <= 0x3FFFD);
  return wide ? 2 : 1;
}

}  // namespace

std::string grouped(u64 n) {
  std::string digits = std::to_string(n);
  for (std::size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, ",");
  }
  return digits;
}

std::string percent(u64 part, u64 whole) {
  if (whole == 0) return "-";
  const double share = static_cast<double>(part) / static_cast<double>(whole) * 100;
  if (part > 0 && share < 0.1) return "< 0.1 %";
  if (part < whole && share >= 99.95) return "> 99.9 %";
  return formatted("%.1f %%", share);
}

std::string ratio(u64 part, u64 whole) {
  if (whole == 0) return "-";
  return formatted("%.2f", static_cast<double>(part) / static_cast<double>(whole));
}

std::string bytes_text(u64 bytes) { return amount_text(static_cast<double>(bytes), "B"); }

std::string rate_text(double bytes_per_second) {
  const double megabytes = bytes_per_second / 1e6;
  return megabytes < 9.995   ? formatted("%.2f MB/s", megabytes)
         : megabytes < 999.5 ? formatted("%.0f MB/s", megabytes)
                             : formatted("%.1f GB/s", megabytes / 1000);
}

std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  for (std::size_t at = 0; at < text.size();)
    columns += columns_of_character(next_character(text, at));
  return columns;
}

std::string clipped(std::string_view text, std::size_t columns) {
  if (columns_of(text) <= columns) return std::string(text);
  std::size_t used = 3;
  std::size_t end = 0;
  for (std::size_t at = 0; at < text.size(); end = at) {
    used += columns_of_character(next_character(text, at));
    if (used > columns) break;
  }
  return std::string(text.substr(0, end)) + "...";
}

std::string left(std::string_view text, std::size_t columns) {
  std::string cell = clipped(text, columns);
  const std::size_t used = columns_of(cell);
  return used < columns ? cell + std::string(columns - used, ' ') : cell;
}

std::string right(std::string_view text, std::size_t columns) {
  const std::string cell = clipped(text, columns);
  const std::size_t used = columns_of(cell);
  return used < columns ? std::string(columns - used, ' ') + cell : cell;
}

}  // namespace shardmill
