#include "jobs/command/dispatch.hpp"

#include <cstdio>

#include "cluster/environment.hpp"
#include "cluster/runtime.hpp"
#include "engine/exchange/route.hpp"
#include "jobs/command/diff.hpp"
#include "jobs/command/explain.hpp"
#include "jobs/command/export.hpp"
#include "jobs/command/gc.hpp"
#include "jobs/command/groups.hpp"
#include "jobs/command/inspect.hpp"
#include "jobs/command/ledger.hpp"
#include "jobs/command/ops.hpp"
#include "jobs/command/output.hpp"
#include "jobs/command/plan.hpp"
#include "jobs/command/report.hpp"
#include "jobs/command/schema.hpp"
#include "jobs/command/slurm.hpp"
#include "jobs/command/snapshots.hpp"
#include "jobs/command/status.hpp"
#include "jobs/command/tokenize.hpp"
#include "jobs/command/verify.hpp"
#include "jobs/doctor/doctor.hpp"
#include "jobs/run/run.hpp"
#include "operators/hdf5/id.hpp"

namespace shardmill {
namespace {

// Collective.
void take_route(const Arguments& arguments, Cluster& cluster, const Topology& topology) {
  const RouteWish wish = arguments.route == "direct"    ? RouteWish::direct
                         : arguments.route == "two-hop" ? RouteWish::two_hop
                                                        : RouteWish::automatic;
  const std::string warning = take_route(
      cluster, wish,
      arguments.ranks_per_node ? simulated_nodes(cluster.size(), *arguments.ranks_per_node)
                               : topology.node_of);
  if (!warning.empty() && cluster.control.is_root()) {
    std::fprintf(stderr, "shardmill: warning: %s\n", warning.c_str());
  }
}

int run_together(const Arguments& arguments) {
  prepare_hdf5();
  RuntimeOptions options;
  if (arguments.memory) options.memory = *arguments.memory;
  options.scratch = arguments.scratch;
  if (arguments.scratch_limit) options.scratch_limit = arguments.scratch_limit->value;
  return Runtime::run(options, [&](Cluster& cluster, const Topology& topology) {
    take_route(arguments, cluster, topology);
    return arguments.command == "doctor" ? examine(arguments, cluster, topology)
                                         : run_job(arguments, cluster, topology);
  });
}

// Started by mpirun, every rank is asked the same: the first answers for all.
int print(const std::string& text) {
  if (!is_first_rank(process_environment())) return 0;
  Output output;
  output.write(text);
  if (!text.ends_with('\n')) output.write("\n");
  output.finish();
  return 0;
}

}  // namespace

int dispatch(const Arguments& arguments) {
  const std::string& command = arguments.command;
  if (command == "help") return print(help_text(arguments.topic));
  if (command == "version") return print("shardmill " SHARDMILL_VERSION);
  if (command == "run" || command == "doctor") return run_together(arguments);
  if (command == "plan") return run_plan(arguments);
  if (command == "status") return show_status(arguments);
  if (command == "report") return show_report(arguments);
  if (command == "inspect") return inspect_dataset(arguments);
  if (command == "explain") return explain_document(arguments);
  if (command == "ledger") return show_ledger(arguments);
  if (command == "groups") return show_groups(arguments);
  if (command == "export") return export_documents(arguments);
  if (command == "verify") return verify_dataset(arguments);
  if (command == "snapshots") return list_snapshots(arguments);
  if (command == "diff") return show_difference(arguments);
  if (command == "publish") return publish_snapshot(arguments);
  if (command == "rollback") return roll_back(arguments);
  if (command == "tag") return tag_snapshot(arguments);
  if (command == "gc") return collect_garbage(arguments);
  if (command == "slurm") return print_slurm_script(arguments);
  if (command == "tokenize") return tokenize_lines(arguments);
  if (command == "ops") return print(arguments.json ? operators_json() : operators_text());
  if (command == "schema") return print(job_schema());
  throw InternalError("no command " + command);
}

}  // namespace shardmill
