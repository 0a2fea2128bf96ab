#include "jobs/run/prepare_steps.hpp"

#include "cluster/agree.hpp"
#include "engine/exchange/exchange.hpp"
#include "jobs/run/memory_floor.hpp"
#include "jobs/run/resolve_fingerprint.hpp"

namespace shardmill {

std::vector<std::filesystem::path> prepare_steps(const Job& job, Pipeline& pipeline,
                                                 const std::filesystem::path& store, u32 on_machine,
                                                 Cluster& cluster) {
  look_at_tables(cluster.control, pipeline);
  std::vector<std::filesystem::path> used;
  const auto prepare = [&] {
    for (const Step& step : pipeline.steps) {
      if (!step.global) continue;
      for (auto& file : step.global->prepare(store / "artifacts", step.table_digest)) {
        used.push_back(std::move(file));
      }
    }
  };
  agree(cluster.control, [&] {
    prepare();
    return std::string();
  });
  agree_all(cluster.control, [&] {
    if (!cluster.control.is_root()) prepare();
    refuse_small_memory(job, pipeline, cluster, on_machine);
  });
  // What is wrong with a tokenizer is told before anything is read; now there is room for one.
  const auto load_tokenizer = [&] {
    if (const auto step = pipeline.tokenize()) (void)pipeline.steps[*step].global->tokens();
  };
  agree(cluster.control, [&] {
    load_tokenizer();
    return std::string();
  });
  agree_all(cluster.control, load_tokenizer);
  cluster.budget.set_aside("the longest records", {record_memory(job, pipeline)});
  cluster.budget.set_aside("what steps look things up in", {held_memory(pipeline, on_machine)});
  cluster.budget.set_aside("a window of documents for best_fit", {window_memory(job)});
  cluster.budget.keep_free({memory_kept_free(Exchange::smallest_memory(cluster))});
  return used;
}

}  // namespace shardmill
