#include "jobs/command/slurm_script.hpp"

#include <algorithm>

#include "engine/observe/progress_text.hpp"
#include "jobs/command/slurm_time.hpp"

namespace shardmill {
namespace {

constexpr const char* kPlain =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./,:=+@%";

}  // namespace

u64 warning_seconds(u64 limit) { return std::min<u64>(300, limit / 4); }

std::string shell_word(const std::string& text) {
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string slurm_script(const SlurmScript& script) {
  std::string text = "#!/usr/bin/env bash\n";
  for (const std::string& note : script.notes)
    text += note.empty() ? "#\n" : "# " + printable(note) + "\n";
  const auto option = [&](const std::string& line) { text += "#SBATCH --" + line + "\n"; };
  option("job-name=" + script.name);
  option("nodes=" + std::to_string(script.nodes));
  option("ntasks-per-node=" + std::to_string(script.ranks_per_node));
  option("mem-per-cpu=" + std::to_string(script.memory_mib) + "M");
  option("time=" + slurm_time_text(script.seconds));
  if (!script.partition.empty()) option("partition=" + script.partition);
  option("signal=B:USR1@" + std::to_string(warning_seconds(script.seconds)));
  option("requeue");
  option("open-mode=append");
  text += "set -uo pipefail\n\n";
  text += "launcher=" +
          (script.launcher.empty() ? "${SHARDMILL:-$SLURM_SUBMIT_DIR/shardmill}"
                                   : shell_word(script.launcher)) +
          "\n";
  text += "source \"$(dirname \"$launcher\")/slurm/batch_run.sh\" || exit\n";
  text += "batch_run \"$launcher\"";
  for (const std::string& word : script.run) text += " " + shell_word(word);
  return text + "\n";
}

}  // namespace shardmill
