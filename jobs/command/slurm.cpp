#include "jobs/command/slurm.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>

#include "cluster/environment.hpp"
#include "engine/observe/progress_text.hpp"
#include "jobs/command/last_run.hpp"
#include "jobs/command/output.hpp"
#include "jobs/command/planned.hpp"
#include "jobs/command/slurm_script.hpp"
#include "jobs/command/slurm_time.hpp"
#include "jobs/report/amounts.hpp"

namespace shardmill {
namespace {

// As in the scripts of slurm/.
constexpr u32 kRanksPerNode = 16;
constexpr Bytes kMemory = 4096_MiB;
constexpr u64 kSeconds = 4 * 3600;

[[noreturn]] void refuse(const std::string& what) { throw ConfigError("shardmill slurm: " + what); }

u64 time_limit(const std::string& text) {
  if (text.empty()) return kSeconds;
  const std::optional<u64> seconds = parse_slurm_time(text);
  if (!seconds || *seconds < 60) {
    refuse("`--time` expects a minute or more, as in 90 (minutes), 4:00:00 or 2-12:00:00; found `" +
           text + "`");
  }
  return *seconds;
}

std::string partition(const std::string& name) {
  const auto fits = [](char c) { return std::isgraph(static_cast<unsigned char>(c)) != 0; };
  if (std::all_of(name.begin(), name.end(), fits)) return name;
  refuse("`--partition` expects names without spaces; found `" + printable(name) + "`");
}

u64 memory_of_rank(const Arguments& arguments, const Planned& plan) {
  const u64 memory =
      arguments.memory ? arguments.memory->value : std::max(kMemory.value, plan.smallest_memory);
  if (memory < plan.smallest_memory) {
    refuse("`--memory` is " + bytes_text(memory) + "; a rank of this job needs at least " +
           bytes_text(plan.smallest_memory));
  }
  return memory;
}

// What Slurm must grant for it, since a run leaves a tenth of its limit free.
u64 granted_mib(u64 memory) {
  const u64 granted = memory / 9 * 10 + 10;
  return (granted + (u64{1} << 20) - 1) >> 20;
}

std::string scratch_note(const Planned& plan, u64 nodes) {
  u64 bytes = 0;
  for (const NamedBytes& part : plan.scratch) bytes += part.bytes;
  return "scratch: up to " + bytes_text(bytes / nodes) +
         " a node in --scratch, else $TMPDIR or /tmp, when nothing fits in memory";
}

std::string time_note(const Planned& plan, u64 limit) {
  const std::string unknown = "time: unknown, ";
  const std::optional<LastRun> last = last_run(plan.job.output);
  if (!last) return unknown + "no run has published here yet";
  const u64 to_read = plan.bytes - plan.bytes_stored;
  const std::optional<double> seconds = expected_seconds(*last, plan.bytes, to_read, plan.ranks);
  if (!seconds) return unknown + "the last run that published read nothing";
  const double usable = static_cast<double>(limit - warning_seconds(limit));
  const std::string turns =
      *seconds <= usable
          ? ""
          : "; more than the limit: some " +
                std::to_string(static_cast<u64>(std::ceil(*seconds / usable))) + " turns";
  return "time: about " + duration_text(*seconds) + " for " + bytes_text(plan.bytes) + ", " +
         bytes_text(to_read) + " of them to be read, if ranks share the work evenly" + turns +
         " (the last run: " + duration_text(last->seconds) + " on " + std::to_string(last->ranks) +
         (last->ranks == 1 ? " rank" : " ranks") + " for " + bytes_text(last->bytes) + ", " +
         bytes_text(last->bytes_read) + " of them read)";
}

std::vector<std::string> arguments_of_run(const Arguments& arguments) {
  std::vector<std::string> words = {
      std::filesystem::absolute(arguments.job).lexically_normal().string()};
  for (const std::string& set : arguments.set) words.insert(words.end(), {"--set", set});
  if (arguments.memory) {
    words.insert(words.end(), {"--memory", std::to_string(arguments.memory->value >> 20) + "MiB"});
  }
  if (!arguments.scratch.empty()) words.insert(words.end(), {"--scratch", arguments.scratch});
  return words;
}

}  // namespace

int print_slurm_script(const Arguments& arguments) {
  SlurmScript script;
  script.nodes = arguments.nodes.value_or(1);
  script.ranks_per_node = arguments.ranks_per_node.value_or(kRanksPerNode);
  script.seconds = time_limit(arguments.time);
  script.partition = partition(arguments.partition);
  if (script.nodes * script.ranks_per_node > kMostRanks) {
    refuse(std::to_string(script.nodes) + " nodes of " + std::to_string(script.ranks_per_node) +
           " ranks are more than " + std::to_string(kMostRanks));
  }
  const Job job = read_job(arguments.job, arguments.set);
  PlanWishes wishes{.memory = arguments.memory};
  wishes.ranks = narrow<u32>(script.nodes * script.ranks_per_node);
  wishes.ranks_per_node = narrow<u32>(script.ranks_per_node);
  const Planned plan = plan_run(job, wishes);
  const u64 memory = memory_of_rank(arguments, plan);
  script.name = job.dataset;
  script.memory_mib = granted_mib(memory);
  script.launcher = process_environment()("SHARDMILL").value_or("");
  script.run = arguments_of_run(arguments);

  const std::vector<std::string> estimates = {
      "memory: " + bytes_text(memory) + " a rank, " +
          bytes_text((script.memory_mib << 20) * script.ranks_per_node) +
          " a node for Slurm; a run accepts " + bytes_text(plan.smallest_memory) + " and more",
      scratch_note(plan, script.nodes), time_note(plan, script.seconds)};
  script.notes = {
      job.dataset + ", " + std::to_string(wishes.ranks) +
          " ranks; made by `shardmill slurm` of shardmill " SHARDMILL_VERSION,
      "Submit it with sbatch. Before its time limit it commits and goes back to the queue.", ""};
  script.notes.insert(script.notes.end(), estimates.begin(), estimates.end());
  Output output;
  output.write(slurm_script(script));
  output.finish();
  for (const std::string& line : estimates) std::fprintf(stderr, "shardmill: %s\n", line.c_str());
  return 0;
}

}  // namespace shardmill
