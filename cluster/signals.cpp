#include "cluster/signals.hpp"

#include <csignal>

namespace shardmill {
namespace {

// A signal handler can only reach a static.
std::atomic<StopFlag*> flag_of_process{nullptr};

void ask_to_stop(int) {
  if (StopFlag* flag = flag_of_process.load(std::memory_order_relaxed)) flag->set();
}

bool is_ignored(int signal) {
  struct sigaction now {};
  return sigaction(signal, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

}  // namespace

void stop_on_signals(StopFlag& flag) {
  flag_of_process.store(&flag);
  struct sigaction action {};
  action.sa_handler = ask_to_stop;
  action.sa_flags = SA_RESTART;  // a write must not fail because somebody asks us to stop
  sigemptyset(&action.sa_mask);
  for (const int signal : {SIGUSR1, SIGUSR2, SIGTERM}) sigaction(signal, &action, nullptr);
  if (!is_ignored(SIGHUP)) sigaction(SIGHUP, &action, nullptr);
  action.sa_flags |= SA_RESETHAND;  // who asks twice does not want to wait
  if (!is_ignored(SIGINT)) sigaction(SIGINT, &action, nullptr);
  // A file at the limit of `ulimit -f` is a write that fails, and is told as one.
  std::signal(SIGXFSZ, SIG_IGN);
}

}  // namespace shardmill
