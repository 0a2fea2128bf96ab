// What a decontaminate step says of its search, from the tables that it makes.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "cluster/communicator.hpp"
#include "engine/plan/global_operator.hpp"

namespace shardmill {

// Rows as the tables have them (docs/job-file.md).
struct ContaminationReport {
  struct Benchmark {
    u64 items = 0;
    u64 clean = 0;
    u64 partly = 0;
    u64 dirty = 0;
    u64 unsearchable = 0;
    u64 common = 0;   // of the dirty ones
    u64 longest = 0;  // words of an item in a row
  };
  struct Source {
    std::string benchmark;
    std::string source;
    u64 dirty = 0;   // documents
    u64 partly = 0;  // others
    u64 items = 0;
  };
  struct Reached {
    std::string benchmark;
    std::string score;
    u64 at_least = 0;  // per cent
    u64 items = 0;
    u64 documents = 0;
  };
  struct Planted {
    std::string kind;
    std::string words;
    std::string score;
    bool negative = false;
    u64 planted = 0;
    u64 found = 0;
  };
  struct Excerpt {
    std::string item;  // BENCHMARK/ID
    std::string item_text;
    std::string document;
    std::string before;
    std::string match;
    std::string after;
  };
  struct Common {
    std::string item;
    u64 documents = 0;
  };
  static constexpr std::size_t kMostCommon = 100;

  std::string label;
  std::string digest;                                         // of the benchmarks' files
  std::vector<std::pair<std::string, std::string>> settings;  // name, as a job file has it
  std::map<std::string, Benchmark> benchmarks;
  std::vector<Source> sources;
  std::vector<Reached> sweep;
  std::vector<Planted> recall;
  std::vector<Excerpt> excerpts;
  std::vector<Common> common;  // those that most documents have
};

// Collective; `table`: the setting `name` of the step. Filled on every rank but for the label, the
// digest and the settings.
[[nodiscard]] ContaminationReport gather_contamination(Communicator& control,
                                                       const std::vector<const MadeTable*>& made,
                                                       const std::string& table);

// Found over planted copies, in [0, 1], each kind counted equally: of edits that leave a copy, and
// of those that leave none. 0 where nothing was planted.
struct FoundShare {
  double positive = 0;
  double negative = 0;
  // Of equally many copies and others, the share of copies among what is found; 0 of nothing.
  [[nodiscard]] double precision() const {
    return positive + negative > 0 ? positive / (positive + negative) : 0;
  }
};
[[nodiscard]] FoundShare found_share(const ContaminationReport& report, const std::string& score);

// One JSON object.
[[nodiscard]] std::string contamination_json(const ContaminationReport& report);

}  // namespace shardmill
