// What a run tells the outside while it goes: progress on stderr, a JSONL log per rank,
// status.json.
//
// One per rank, used from the rank's main thread; a thread of its own writes status.json again when
// nothing else has for a while. Only rank 0 writes progress and status.json; a rank other than 0
// writes its log, and its warnings. Nothing here is collective: rank 0 shows its
// own counts times the number of ranks, or by its share in what all have to do, marked "~".
//
// After construction nothing here fails a run for what it cannot write: a rank that throws alone
// would leave the others waiting. The first failure is told on stderr. Calls in the wrong order or
// with unknown words are InternalErrors.
//
// <folder>/rank-<n>.jsonl, appended to, one object per line: ts (RFC 3339, UTC, milliseconds),
// level, rank, host, stage (null outside), event, then the fields; also the observer's own events
// run_started, stage_started, stage_ended (seconds, done, counters), run_ended (state, message).
//
// <folder>/status.json, replaced whole: state (running, done, stopped, failed), stage (the last
// begun, or null), share_done of it (0 to 1, or null), done, total (or null), unit, rate (units per
// second) and eta_seconds (or null) over all ranks; part: of a stage whose size is not known, the
// piece of work that these are of (or null); doing: what rank 0 is at, in the words of its
// watchdog; ranks, pid, host, started, updated, message, stages: [{name, seconds, counters of rank
// 0}, …].
#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "cluster/types.hpp"
#include "engine/observe/json_line.hpp"
#include "engine/observe/progress_line.hpp"

namespace shardmill {

// What a rank is at.
struct Doing {
  std::string what;
  std::optional<StageProgress> part;  // of the stage, by this rank
};

class Observer {
 public:
  using Progress = ProgressForm;
  using Clock = std::chrono::steady_clock;
  struct Stage {
    std::string name;
    double seconds = 0;
    std::map<std::string, u64> counters;  // of this rank
    Clock::time_point begun = {};
  };

  // No status is older than this while its process lives.
  static constexpr std::chrono::milliseconds kHeartbeat = std::chrono::seconds(10);

  // `folder` is created; empty: no files (dry runs, tests). Throws ResourceError when the folder or
  // the log in it cannot be made. `doing` is called from any thread, and outlives the observer.
  Observer(
      Rank rank, u32 ranks, std::filesystem::path folder, Progress progress,
      std::function<Doing()> doing = [] { return Doing(); },
      std::chrono::milliseconds heartbeat = kHeartbeat);
  // A run that did not finish() is "failed", with the message "ended without a result".
  ~Observer();
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;

  // Begins a stage and ends the one before. `total` in `unit` (0: unknown) over this rank's share;
  // `of_all` over those of all ranks (0: unknown, taken for `total` times their number).
  void stage(const std::string& name, u64 total = 0, const std::string& unit = "", u64 of_all = 0);
  // So much more of the stage's total is done; writes progress at most every 0.2 s (bar) or 30 s
  // (line), status.json at most every 2 s (beside the heartbeat).
  void advance(u64 units);
  // Adds to a counter of the current stage; an InternalError outside one.
  void count(const std::string& counter, u64 n);
  // From here on each stage counts by how much `total` grew in it; `total` outlives the last stage.
  void follow(const std::string& counter, std::function<u64()> total);
  // One line of the log. Levels: info, warning, error. Warnings also go to stderr, and are kept.
  void log(const std::string& level, const std::string& event,
           const std::vector<std::pair<std::string, std::string>>& fields = {});
  // Ends the last stage; the final state ("done", "stopped", "failed") and message stay in
  // status.json. The first call counts, others do nothing.
  void finish(const std::string& state, const std::string& message = "");

  [[nodiscard]] const std::vector<Stage>& stages() const { return stages_; }
  // Of this rank, as stderr has them: the first kMostWarnings; and how many there were.
  static constexpr std::size_t kMostWarnings = 100;
  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }
  [[nodiscard]] u64 warning_count() const { return warning_count_; }

 private:
  struct Followed {
    std::string counter;
    std::function<u64()> total;
    u64 counted = 0;
  };

  void beat(std::chrono::milliseconds interval);
  void end_stage(bool whole);
  [[nodiscard]] double seconds_of(const Stage& stage) const;
  [[nodiscard]] StageProgress progress() const;  // of the current or last stage
  [[nodiscard]] JsonLine log_line(const std::string& level, const std::string& event) const;
  [[nodiscard]] std::string stages_json() const;
  void write_log(const JsonLine& line);
  void write_status(const std::string& state, const std::string& message, Clock::time_point now);
  void complain(const std::string& what);

  Rank rank_;
  u32 ranks_;
  std::filesystem::path folder_;
  std::string host_;
  std::string started_;  // RFC 3339
  std::function<Doing()> doing_;
  std::mutex mutex_;  // of all below: the heartbeat reads them
  ProgressLine display_;
  std::ofstream log_;
  std::vector<Stage> stages_;
  std::vector<std::string> warnings_;
  u64 warning_count_ = 0;
  std::vector<Followed> followed_;
  Clock::time_point last_status_{};
  std::string last_doing_;
  u64 done_ = 0;
  u64 total_ = 0;
  u64 of_all_ = 0;
  std::string unit_;
  bool open_ = false;  // a stage has begun and not ended
  bool finished_ = false;
  bool complained_ = false;
  std::condition_variable ended_;
  std::thread heart_;  // rank 0 with a folder only
};

// What SHARDMILL_PROGRESS says: bar, line or none; line when unset. Throws ConfigError on anything
// else.
[[nodiscard]] Observer::Progress progress_from_environment();

}  // namespace shardmill
