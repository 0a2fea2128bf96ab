// USR1, USR2, TERM, INT and HUP ask for a stop at the next commit: the handler only sets a flag. A
// second INT ends the process at once. INT and HUP stay ignored where whoever started us ignores
// them (nohup, a job in the background of a script).
#pragma once

#include <atomic>

namespace shardmill {

class StopFlag {
 public:
  void set() { flag_.store(true, std::memory_order_relaxed); }
  [[nodiscard]] bool is_set() const { return flag_.load(std::memory_order_relaxed); }

 private:
  std::atomic<bool> flag_{false};
};

// Installs the handlers for this process; the flag must live as long as the process.
void stop_on_signals(StopFlag& flag);

}  // namespace shardmill
