#include "jobs/command/plan.hpp"

#include "cluster/environment.hpp"
#include "jobs/command/output.hpp"
#include "jobs/command/planned.hpp"

namespace shardmill {

int run_plan(const Arguments& arguments) {
  Job job = read_job(arguments.job, arguments.set);
  if (arguments.limit) job.output += ".limit-" + std::to_string(*arguments.limit);
  PlanWishes wishes{.memory = arguments.memory};
  const auto announced = number_in(process_environment(), "SHARDMILL_RANKS");
  wishes.ranks = arguments.ranks.value_or(narrow<u32>(announced.value_or(1)));
  if (wishes.ranks == 0) throw ConfigError("a run has at least one rank, not 0");
  const Planned plan = plan_run(job, wishes);
  Output output;
  output.write(arguments.json ? plan_json(plan) + "\n" : plan_text(plan));
  output.finish();
  return 0;
}

}  // namespace shardmill
