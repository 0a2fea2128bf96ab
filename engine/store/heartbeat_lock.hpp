// Who has a dataset, where the file system has no locks of the kernel's: a file that only its
// holder makes, and writes anew again and again.
//
//   holder      created exclusively, the same a second later; then written .. written .. removed
//   contender   younger than the limit: held; older: renamed away, then as above
//
// Ages are differences of times that the file system itself has given: of this file, and of another
// that the contender writes for the purpose. No clock of a machine is asked. It keeps less than a
// lock: a holder that stood still for longer than the limit finds out at its next heartbeat only,
// and ends then.
#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace shardmill {

class HeartbeatLock {
 public:
  // Takes a second, or returns nothing while another has it. `holder`: a line of text about this
  // process, the file's first. A thread writes the file every sixth of `limit`, which all who use
  // it must have alike; when it finds the file in other hands, or could not write it for two thirds
  // of `limit`, it says so on stderr and ends the process with exit code 5. Throws ResourceError,
  // which names the path.
  static std::unique_ptr<HeartbeatLock> try_for(const std::filesystem::path& path,
                                                const std::string& holder,
                                                std::chrono::milliseconds limit);
  HeartbeatLock(const HeartbeatLock&) = delete;
  HeartbeatLock& operator=(const HeartbeatLock&) = delete;
  // Removes the file.
  ~HeartbeatLock();

 private:
  HeartbeatLock(std::filesystem::path path, std::string text, std::chrono::milliseconds limit);
  void beat();

  std::filesystem::path path_;
  std::string text_;  // of the file: the holder, and a line that no other has
  std::chrono::milliseconds limit_;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool ending_ = false;
  std::thread thread_;
};

// SHARDMILL_LOCK_SECONDS, else 60 s: longer than a file system that is busy takes for a write.
// Throws ConfigError when it is not a number from 1 to 86400.
[[nodiscard]] std::chrono::seconds heartbeat_limit();

}  // namespace shardmill
