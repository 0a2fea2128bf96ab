// Progress for people: a bar that is redrawn in place, or plain lines for a log file.
//
//   bar   read  41% [########............]  ~120 MiB/s  16 s left      rewritten after "\r"
//   line  shardmill: read: 41% (~1.2 GiB of ~3.0 GiB), ~120 MiB/s, 16 s left
//   both  shardmill: read: ~3.0 GiB in 25.3 s (~120 MiB/s)             at the end of a stage
//
// No colours and no terminal control but "\r" are used, so NO_COLOR asks for nothing more. The
// time is passed in: what is shown follows from the calls alone.
#pragma once

#include <chrono>
#include <ostream>
#include <string>

#include "cluster/types.hpp"
#include "engine/observe/progress_text.hpp"

namespace shardmill {

enum class ProgressForm : u8 { none, line, bar };

class ProgressLine {
 public:
  using Clock = std::chrono::steady_clock;

  // `out` must outlive it.
  ProgressLine(ProgressForm form, std::ostream& out) : form_(form), out_(out) {}

  void begin(const StageProgress& progress, Clock::time_point now);
  // Writes at most every 0.2 s (bar) or 30 s (line).
  void show(const StageProgress& progress, Clock::time_point now);
  void end(const StageProgress& progress, bool whole);
  // Writes a line of something else, in any form; a bar comes back with the next show().
  void message(const std::string& text);

 private:
  void draw(const std::string& text);
  void erase();

  ProgressForm form_;
  std::ostream& out_;
  Clock::time_point last_{};
  std::size_t drawn_ = 0;  // columns of the bar on the screen
};

}  // namespace shardmill
