// Whom `ledger --witness` asks for: a document, a benchmark item under any of its names, or all
// items of a benchmark.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "jobs/command/dataset.hpp"
#include "jobs/command/ledger_rows.hpp"
#include "jobs/spec/job.hpp"

namespace shardmill {

class WantedWitness {
 public:
  // An id, BENCHMARK/ITEM, or what ends with "/": all that begin so. Empty: nobody.
  explicit WantedWitness(std::string wanted) : wanted_(std::move(wanted)) {}

  // Items of the same words are in the ledger under the name of the first: the tables of
  // `decontaminate` know it. Says on stderr where a name stands for another.
  void look_for_items(const Dataset& dataset, const Job& job);
  // Every row of the ledger, whether it is asked for or not.
  void see(const LedgerEntry& entry) {
    known_ = known_ || entry.id == wanted_ || (entry.witness && is(entry.witness));
  }
  [[nodiscard]] bool is(const std::optional<std::string_view>& witness) const;
  // After all rows: ConfigError when there is neither a document nor an item of this name. To be
  // told apart from one that nothing was dropped for.
  void refuse_unknown() const;

 private:
  std::string wanted_;
  std::set<std::string, std::less<>> first_names_;  // of items under another name
  bool known_ = false;
};

}  // namespace shardmill
