#include "jobs/run/resolve.hpp"

#include "cluster/agree.hpp"
#include "engine/plan/begun_work.hpp"
#include "jobs/run/remembered_pairs.hpp"
#include "jobs/run/resolve_fingerprint.hpp"
#include "jobs/run/step_file.hpp"
#include "jobs/run/stopped_run.hpp"

namespace shardmill {
namespace {

// Drops by `exclude`: they come before every step.
std::optional<Records<Verdict>> exclude(Cluster& cluster, const Pipeline& pipeline,
                                        const Documents& documents) {
  if (!pipeline.excluded) return std::nullopt;
  Records<Verdict> drops(cluster, "excluded", cluster.budget.lease("excluded", 0.02));
  agree_all(cluster.control, [&] {
    TextColumn ids;
    documents.for_each_block([&](const Documents::Block& block) {
      block.fragment.ids(block.number, ids);
      for (std::size_t row = 0; row < block.entries.size(); ++row) {
        if (!block.hidden(row) && pipeline.excluded->contains(ids[row])) {
          drops.push({block.entries[row].key, {}, kNoStep, 0, 0, 0});
        }
      }
    });
  });
  drops.sort();
  return drops;
}

// store/begun/<name> for store/steps/<name>
std::filesystem::path begun_folder(const std::filesystem::path& step) {
  return step.parent_path().parent_path() / "begun" / step.filename();
}

Records<Verdict> copy_of(Cluster& cluster, const Records<Verdict>& sorted) {
  Records<Verdict> copy(cluster, "gone", cluster.budget.lease("gone", 0.02));
  sorted.for_each([&](const Verdict& verdict) { copy.push(verdict); });
  copy.sort();
  return copy;
}

}  // namespace

Resolution resolve_steps(Cluster& cluster, const Pipeline& pipeline, const Documents& documents,
                         const std::vector<std::filesystem::path>& folders,
                         const std::vector<std::filesystem::path>& pairs, Observer& observer) {
  Resolution result{{},
                    exclude(cluster, pipeline, documents),
                    Records<Edge>(cluster, "groups", cluster.budget.lease("groups", 0.05)),
                    {},
                    {},
                    {},
                    {}};
  // The ledger asks for exclusions apart; steps only need to know that these are gone.
  if (result.excluded) result.decisions.add(copy_of(cluster, *result.excluded));
  for (u32 i = 0; i < pipeline.steps.size(); ++i) {
    const Step& step = pipeline.steps[i];
    if (!step.global) continue;
    stop_if_asked(
        cluster.control, cluster.stop,
        "stopped by a signal before " + step.label + "; the same command goes on from here");
    observer.stage(step.label);
    const StepFile file(folders[i]);
    const auto on_commit = [&] { observer.count(kCommitted, 1); };
    const BegunWork begun(begun_folder(folders[i]), step.label, on_commit);
    Findings findings(cluster, step.label);
    // One rank looks: all must go the same way.
    const bool have =
        !agree(cluster.control, [&] { return std::string(file.committed() ? "1" : ""); }).empty();
    if (have) {
      file.load(cluster, findings);
    } else {
      const bool all = step.global->finds_lineage();
      Decisions excluded;
      if (all && result.excluded) excluded.add(copy_of(cluster, *result.excluded));
      std::optional<RememberedPairs> remembered;
      if (!pairs[i].empty()) {
        remembered.emplace(pairs[i], documents, folders[i].filename().string(), on_commit);
      }
      AliveSketches sketches(documents, all ? excluded : result.decisions, i,
                             step.global->sketch_bytes(), all, remembered ? &*remembered : nullptr,
                             begun);
      step.global->resolve(cluster, sketches, i, findings);
      agree(cluster.control, [&] {
        refuse_changed_tables(step);
        return std::string();
      });
      file.commit(cluster, findings);
      if (cluster.control.is_root()) on_commit();
      ++result.steps_computed;
    }
    if (cluster.control.is_root()) {
      begun.remove();  // also what a run has left that was killed at it
      for (const std::string& sentence : findings.warnings) observer.log("warning", sentence);
    }
    for (const auto& [name, n] : findings.counts) observer.count(name, n);
    observer.count("drops", findings.drops.size());
    observer.count("edges", findings.edges.size());
    if (step.global->finds_lineage()) {
      result.lineage.emplace(std::move(findings.edges));
    } else {
      findings.edges.for_each([&](const Edge& edge) { result.edges.push(edge); });
    }
    result.added.add(cluster, documents, step, i, findings.added, std::move(findings.kinds));
    result.matches.add(cluster, documents, step.label, i, findings.matches);
    for (MadeTable& table : findings.made) result.made.push_back(std::move(table));
    result.decisions.add(bring_home(cluster, documents, step.label, findings.drops));
  }
  return result;
}

}  // namespace shardmill
