#include "jobs/command/wanted_witness.hpp"

#include <cstdio>

#include "engine/observe/progress_text.hpp"

namespace shardmill {

void WantedWitness::look_for_items(const Dataset& dataset, const Job& job) {
  u64 others = 0;
  for (const StepSpec& step : job.steps) {
    if (step.op != "decontaminate") continue;
    for (const ShardRecord* shard : dataset.shards("tables/" + step.settings.text("name") + "/")) {
      const TextShardReader reader = dataset.open(*shard);
      const std::size_t benchmark = reader.column("benchmark");
      const std::size_t item = reader.column("item");
      const std::size_t same_as = reader.column("same_as");
      for_each_row(reader, [&](const ShardRows& rows, u64 row) {
        const std::string name = std::string(rows.value(benchmark, row).value_or("")) + "/" +
                                 std::string(rows.value(item, row).value_or(""));
        if (wanted_.ends_with('/') ? !name.starts_with(wanted_) : name != wanted_) return;
        known_ = true;
        const auto first = rows.value(same_as, row);
        if (!first || (wanted_.ends_with('/') && first->starts_with(wanted_))) return;
        ++others;
        first_names_.emplace(*first);
      });
    }
  }
  if (others == 0) return;
  std::fprintf(stderr,
               wanted_.ends_with('/')
                   ? "shardmill: %s: %llu items have the words of others and stand under their "
                     "names, as %s\n"
                   : "shardmill: %s: %llu item has the words of another and stands under its "
                     "name, %s\n",
               printable(wanted_).c_str(), static_cast<unsigned long long>(others),
               printable(*first_names_.begin()).c_str());
}

bool WantedWitness::is(const std::optional<std::string_view>& witness) const {
  if (!witness) return false;
  const bool named = wanted_.ends_with('/') ? witness->starts_with(wanted_) : *witness == wanted_;
  return named || first_names_.contains(*witness);
}

void WantedWitness::refuse_unknown() const {
  if (known_) return;
  throw ConfigError("--witness: this dataset has no document and knows no benchmark item `" +
                    wanted_ + "`");
}

}  // namespace shardmill
