// What `verify` has looked at and what it found to be wrong.
#pragma once

#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "cluster/types.hpp"

namespace shardmill {

struct Problem {
  std::string path;        // below the snapshot
  std::optional<u64> row;  // of a shard
  std::string what;        // "is X, expected Y"
};

class VerifyFindings {
 public:
  static constexpr std::size_t kShown = 20;

  // Only the first kShown are held; all are counted.
  void problem(const std::string& path, std::optional<u64> row, const std::string& what) {
    if (problems_.size() < kShown) problems_.push_back({path, row, what});
    ++count_;
  }
  void problem(const std::string& path, const std::string& what) {
    problem(path, std::nullopt, what);
  }
  // A difference between two numbers or texts; nothing when they are equal.
  template <class Value>
  void expect(const std::string& path, const std::string& name, const Value& found,
              const Value& expected) {
    if (found == expected) return;
    if constexpr (std::is_same_v<Value, std::string>) {
      problem(path, name + " is " + found + ", expected " + expected);
    } else {
      problem(path,
              name + " is " + std::to_string(found) + ", expected " + std::to_string(expected));
    }
  }
  // One line of what was done: "12 shards: …".
  void checked(std::string line) { checked_.push_back(std::move(line)); }

  [[nodiscard]] u64 count() const { return count_; }
  [[nodiscard]] const std::vector<Problem>& problems() const { return problems_; }
  [[nodiscard]] const std::vector<std::string>& checks() const { return checked_; }

 private:
  u64 count_ = 0;
  std::vector<Problem> problems_;
  std::vector<std::string> checked_;
};

}  // namespace shardmill
