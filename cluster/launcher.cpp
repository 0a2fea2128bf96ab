#include "cluster/launcher.hpp"

#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <fstream>
#include <string>
#include <string_view>

namespace shardmill {
namespace {

bool is_launcher(pid_t process) {
  constexpr std::array<std::string_view, 7> kLaunchers = {"mpirun",  "mpiexec", "orterun", "orted",
                                                          "prterun", "prted",   "prte"};
  std::ifstream in("/proc/" + std::to_string(process) + "/comm");
  std::string name;
  std::getline(in, name);
  return std::find(kLaunchers.begin(), kLaunchers.end(), name) != kLaunchers.end();
}

}  // namespace

void die_with_launcher() {
  const pid_t launcher = getppid();
  if (!is_launcher(launcher)) return;
  // Not TERM, which asks for an orderly stop: that needs the other ranks, who are dying too.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // The launcher may have died before the kernel knew: then we have a new parent and no signal.
  if (getppid() != launcher) raise(SIGKILL);
}

}  // namespace shardmill
