// What ties documents by a column: equal values, whatever type the column has in an epoch.
#pragma once

#include <string>
#include <string_view>

#include "engine/hash/hash.hpp"

namespace shardmill {

// One column. Two values tie when their hashes are equal: strings by their content, whole numbers
// that int64 holds by their digits (5, 5.0 and "5" are one value), other numbers by their float64,
// true, false, lists, objects and whole numbers beyond int64 by their JSON text. So a value ties
// the same documents in a shard, typed as it is there, as it did in the input. null and the empty
// string tie nothing: their hash is {}.
class LineageColumn {
 public:
  explicit LineageColumn(std::string name) : name_(std::move(name)) {}
  [[nodiscard]] const std::string& name() const { return name_; }

  [[nodiscard]] Hash128 of_text(std::string_view text) const;
  [[nodiscard]] Hash128 of_number(double number) const;
  // One JSON value without space around it.
  [[nodiscard]] Hash128 of_json(std::string_view json);

 private:
  [[nodiscard]] Hash128 hash(u64 kind, std::string_view bytes) const;
  std::string name_;
  std::string decoded_;
};

}  // namespace shardmill
