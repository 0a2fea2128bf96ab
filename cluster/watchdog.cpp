#include "cluster/watchdog.hpp"

#include <execinfo.h>
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <mutex>

#include "cluster/environment.hpp"

namespace shardmill {
namespace {

// A signal handler can only speak through statics. One stack is taken at a time (taking_stack).
constexpr int kDeepest = 64;  // frames printed
std::array<void*, kDeepest> stack_frames;
std::atomic<int> stack_depth{-1};
std::mutex taking_stack;

// Not one of the signals that mean "stop", and not used by Open MPI.
int stack_signal() { return SIGRTMIN + 7; }

void keep_stack(int) {
  const int saved = errno;
  stack_depth.store(backtrace(stack_frames.data(), kDeepest), std::memory_order_release);
  errno = saved;
}

void install_stack_handler() {
  // The first backtrace() loads a library, which a signal handler must not do.
  std::array<void*, 1> first{};
  backtrace(first.data(), 1);
  struct sigaction action {};
  action.sa_handler = keep_stack;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(stack_signal(), &action, nullptr);
}

// Straight to the file descriptor: the watched thread may be stuck inside malloc.
void print_stack_of(pthread_t thread) {
  const std::lock_guard guard(taking_stack);
  stack_depth.store(-1);
  if (pthread_kill(thread, stack_signal()) != 0) return;
  for (int i = 0; i < 100 && stack_depth.load(std::memory_order_acquire) < 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  const int depth = stack_depth.load(std::memory_order_acquire);
  if (depth > 0) backtrace_symbols_fd(stack_frames.data(), depth, STDERR_FILENO);
}

}  // namespace

struct Watchdog::Shared {
  std::mutex mutex;
  std::condition_variable ended;
  bool ending = false;
  std::string state = "starting";
  bool waiting = false;
  std::optional<PortionDone> portion;
  std::chrono::steady_clock::time_point portion_begun;
};

Watchdog::Watchdog(Rank rank, std::chrono::seconds limit,
                   std::function<void(const std::string&)> on_stuck)
    : shared_(std::make_unique<Shared>()) {
  if (limit.count() <= 0) return;
  install_stack_handler();
  const pthread_t watched = pthread_self();
  thread_ = std::thread([this, rank, limit, watched, on_stuck = std::move(on_stuck)] {
    const auto look =
        std::min(std::chrono::milliseconds(1000), std::chrono::milliseconds(limit) / 10);
    std::chrono::milliseconds still{0};
    u64 seen = ticks_.load();
    std::unique_lock lock(shared_->mutex);
    // Looks are counted, not the clock: a stopped and continued process has not been stuck.
    while (!shared_->ended.wait_for(lock, look, [&] { return shared_->ending; })) {
      const u64 now = ticks_.load(std::memory_order_relaxed);
      still = now == seen ? still + look : std::chrono::milliseconds(0);
      seen = now;
      if (still < (shared_->waiting ? kPatience * limit : limit)) continue;
      const std::string line = "shardmill: rank " + std::to_string(rank.value) +
                               ": no progress for " + std::to_string(still.count() / 1000) +
                               " s: " + shared_->state;
      lock.unlock();
      std::fprintf(stderr, "%s\n", line.c_str());
      print_stack_of(watched);
      on_stuck(line);
      return;
    }
  });
}

Watchdog::~Watchdog() {
  {
    const std::lock_guard guard(shared_->mutex);
    shared_->ending = true;
  }
  shared_->ended.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Watchdog::doing(const std::string& what) {
  const std::lock_guard guard(shared_->mutex);
  shared_->state = what;
  shared_->waiting = false;
}

void Watchdog::waiting(const std::string& what) {
  const std::lock_guard guard(shared_->mutex);
  shared_->state = what;
  shared_->waiting = true;
}

std::string Watchdog::state() const {
  const std::lock_guard guard(shared_->mutex);
  return shared_->state;
}

std::optional<PortionDone> Watchdog::portion() const {
  const std::lock_guard guard(shared_->mutex);
  std::optional<PortionDone> seen = shared_->portion;
  if (seen) {
    const auto lasted = std::chrono::steady_clock::now() - shared_->portion_begun;
    seen->seconds = std::chrono::duration<double>(lasted).count();
  }
  return seen;
}

Portion::Portion(Watchdog& watchdog, const std::string& name, u64 total, const std::string& unit)
    : watchdog_(watchdog) {
  const std::lock_guard guard(watchdog_.shared_->mutex);
  outermost_ = !watchdog_.shared_->portion;
  if (!outermost_) return;
  watchdog_.shared_->portion = {name, unit, 0, total, 0};
  watchdog_.shared_->portion_begun = std::chrono::steady_clock::now();
}

Portion::~Portion() {
  const std::lock_guard guard(watchdog_.shared_->mutex);
  if (outermost_) watchdog_.shared_->portion.reset();
}

void Portion::advance(u64 units) {
  watchdog_.progress();
  if (!outermost_) return;
  const std::lock_guard guard(watchdog_.shared_->mutex);
  watchdog_.shared_->portion->done += units;
}

std::chrono::seconds watchdog_limit() {
  const auto environment = process_environment();
  constexpr const char* kName = "SHARDMILL_WATCHDOG_SECONDS";
  if (!environment(kName)) return std::chrono::seconds(1800);
  const auto seconds = number_in(environment, kName);
  if (!seconds || *seconds > 365 * 86400) {
    throw ConfigError(std::string(kName) + "=" + *environment(kName) +
                      ": expected a number of seconds, or 0 for no watchdog");
  }
  return std::chrono::seconds(*seconds);
}

}  // namespace shardmill
