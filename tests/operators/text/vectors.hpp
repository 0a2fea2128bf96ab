// Reads the vectors that make_vectors.py wrote.
#pragma once

#include <filesystem>
#include <fstream>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "engine/hash/hash.hpp"
#include "tests/tests_folder.hpp"

namespace shardmill::testing {

// The tab-separated fields of each line of a file beside this one.
inline std::vector<std::vector<std::string>> read_vectors(const std::string& name) {
  const auto path = tests_folder() / "operators/text" / name;
  std::ifstream in(path);
  if (!in) throw std::runtime_error("cannot read " + path.string());
  std::vector<std::vector<std::string>> rows;
  for (std::string line; std::getline(in, line);) {
    std::vector<std::string> fields(1);
    for (const char c : line) {
      if (c == '\t') {
        fields.emplace_back();
      } else {
        fields.back().push_back(c);
      }
    }
    rows.push_back(fields);
  }
  return rows;
}

inline std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

inline std::string to_hex(u64 value) {
  std::string digits(16, '0');
  for (std::size_t i = 0; i < 16; ++i) digits[15 - i] = "0123456789abcdef"[(value >> (4 * i)) & 15];
  return digits;
}

// XXH3-64 of the numbers as u64 little-endian.
inline std::string digest(const std::vector<u64>& numbers) {
  return to_hex(
      hash64({reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(u64)}));
}

// Any code point but a surrogate.
inline std::string utf8_of(char32_t c) {
  const auto tail = [c](int shift) { return static_cast<char>(0x80 | ((c >> shift) & 0x3f)); };
  if (c < 0x80) return {static_cast<char>(c)};
  if (c < 0x800) return {static_cast<char>(0xc0 | (c >> 6)), tail(0)};
  if (c < 0x10000) return {static_cast<char>(0xe0 | (c >> 12)), tail(6), tail(0)};
  return {static_cast<char>(0xf0 | (c >> 18)), tail(12), tail(6), tail(0)};
}

// Numbers that depend on nothing but a seed.
class Random {
 public:
  explicit Random(u64 seed) : state_(mix64(seed)) {}
  u64 next() { return mix64(state_ += 0x9E3779B97F4A7C15); }
  u64 below(u64 bound) { return next() % bound; }

 private:
  u64 state_;
};

}  // namespace shardmill::testing
