#include "engine/observe/observer.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iostream>
#include <system_error>

#include "cluster/environment.hpp"
#include "cluster/host.hpp"
#include "engine/observe/timestamp.hpp"

namespace shardmill {
namespace {

namespace fs = std::filesystem;

constexpr auto kStatusInterval = std::chrono::seconds(2);  // kind to network file systems

std::string now_text() { return rfc3339(std::chrono::system_clock::now()); }

std::string counters_json(const std::map<std::string, u64>& counters) {
  JsonLine json;
  for (const auto& [name, value] : counters) json.add(name, value);
  return json.text();
}

// A process that was killed within a line must not spoil the next run's first one.
bool ends_within_line(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  char last = '\n';
  if (file.seekg(-1, std::ios::end)) file.get(last);
  return last != '\n';
}

std::ofstream open_log(const fs::path& folder, Rank rank) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw ResourceError(folder.string() + ": cannot create: " + error.message());
  const fs::path path = folder / ("rank-" + std::to_string(rank.value) + ".jsonl");
  const bool torn = ends_within_line(path);
  errno = 0;
  std::ofstream log(path, std::ios::binary | std::ios::app);
  if (!log) throw ResourceError(path.string() + ": cannot open: " + std::strerror(errno));
  if (torn) log << '\n';
  return log;
}

// The whole file or the one before, never a part. No fsync: it informs, nothing is resumed from it.
// Returns the reason of a failure.
std::error_code replace_file(const fs::path& path, const std::string& text) {
  fs::path temporary = path.parent_path() / ("." + path.filename().string() + ".tmp-");
  temporary += std::to_string(::getpid());
  std::ofstream file(temporary, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  std::error_code error;
  if (file) {
    fs::rename(temporary, path, error);
  } else {
    error = std::make_error_code(std::errc::io_error);
  }
  std::error_code nothing_to_remove;
  if (error) fs::remove(temporary, nothing_to_remove);
  return error;
}

}  // namespace

Observer::Observer(Rank rank, u32 ranks, fs::path folder, Progress progress,
                   std::function<Doing()> doing, std::chrono::milliseconds heartbeat)
    : rank_(rank),
      ranks_(ranks),
      folder_(std::move(folder)),
      host_(host_name()),
      started_(now_text()),
      doing_(std::move(doing)),
      display_(rank.value == 0 ? progress : Progress::none, std::cerr) {
  if (!folder_.empty()) log_ = open_log(folder_, rank_);
  write_log(log_line("info", "run_started")
                .add("ranks", u64{ranks_})
                .add("pid", narrow<u64>(::getpid())));
  write_status("running", "", Clock::now());
  if (rank_.value == 0 && !folder_.empty())
    heart_ = std::thread([this, heartbeat] { beat(heartbeat); });
}

// A step may take hours without a measure of its progress; that its process lives, and what it is
// at, is news by itself.
void Observer::beat(std::chrono::milliseconds interval) {
  std::unique_lock lock(mutex_);
  while (!ended_.wait_for(lock, interval / 5, [&] { return finished_; })) {
    const auto now = Clock::now();
    if (now - last_status_ >= interval / 2 || doing_().what != last_doing_) {
      write_status("running", "", now);
    }
    const StageProgress seen = progress();
    if (!seen.part.empty()) display_.show(seen, now);
  }
}

Observer::~Observer() {
  try {
    finish("failed", "ended without a result");
  } catch (const std::exception& error) {
    // Out of memory at most. Throwing here would replace the error that is on its way.
    std::cerr << "shardmill: the last status was not written: " << error.what() << '\n';
  }
  {
    const std::lock_guard guard(mutex_);
    finished_ = true;
  }
  ended_.notify_all();
  if (heart_.joinable()) heart_.join();
}

void Observer::stage(const std::string& name, u64 total, const std::string& unit, u64 of_all) {
  const std::lock_guard guard(mutex_);
  if (finished_) throw InternalError("stage '" + name + "' begins after the run is finished");
  end_stage(true);
  const auto now = Clock::now();
  stages_.push_back({name, 0, {}, now});
  done_ = 0;
  total_ = total;
  of_all_ = of_all;
  unit_ = unit;
  open_ = true;
  write_log(log_line("info", "stage_started").add("total", total).add("unit", unit));
  display_.begin(this->progress(), now);
  write_status("running", "", now);
}

void Observer::follow(const std::string& counter, std::function<u64()> total) {
  const u64 counted = total();
  followed_.push_back({counter, std::move(total), counted});
}

void Observer::advance(u64 units) {
  const std::lock_guard guard(mutex_);
  if (!open_) throw InternalError("an advance of " + std::to_string(units) + " outside a stage");
  done_ += units;
  if (rank_.value != 0) return;
  const auto now = Clock::now();
  display_.show(progress(), now);
  if (now - last_status_ >= kStatusInterval) write_status("running", "", now);
}

void Observer::count(const std::string& counter, u64 n) {
  const std::lock_guard guard(mutex_);
  if (!open_) throw InternalError("counter '" + counter + "' outside a stage");
  stages_.back().counters[counter] += n;
}

void Observer::log(const std::string& level, const std::string& event,
                   const std::vector<std::pair<std::string, std::string>>& fields) {
  if (level != "info" && level != "warning" && level != "error") {
    throw InternalError("log level '" + level + "'; expected info, warning or error");
  }
  const std::lock_guard guard(mutex_);
  JsonLine line = log_line(level, event);
  for (const auto& [name, value] : fields) line.add(name, value);
  write_log(line);
  if (level != "warning") return;
  std::string text = event;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    text += (i == 0 ? ": " : ", ") + fields[i].first + " " + fields[i].second;
  }
  const std::string rank = ranks_ > 1 ? "rank " + std::to_string(rank_.value) + ": " : "";
  display_.message("shardmill: warning: " + rank + text);
  if (++warning_count_ <= kMostWarnings) warnings_.push_back(std::move(text));
}

void Observer::finish(const std::string& state, const std::string& message) {
  const std::lock_guard guard(mutex_);
  if (finished_) return;
  if (state != "done" && state != "stopped" && state != "failed") {
    throw InternalError("final state '" + state + "'; expected done, stopped or failed");
  }
  end_stage(state == "done");
  finished_ = true;
  write_log(log_line(state == "failed" ? "error" : "info", "run_ended")
                .add("state", state)
                .add("message", message));
  write_status(state, message, Clock::now());
  ended_.notify_all();
}

void Observer::end_stage(bool whole) {
  if (!open_) return;
  Stage& last = stages_.back();
  last.seconds = seconds_of(last);
  for (Followed& one : followed_) {
    const u64 total = one.total();
    last.counters[one.counter] += total - std::exchange(one.counted, total);
  }
  write_log(log_line("info", "stage_ended")
                .add("seconds", last.seconds)
                .add("done", done_)
                .add_json("counters", counters_json(last.counters)));
  display_.end(progress(), whole);
  open_ = false;
}

double Observer::seconds_of(const Stage& stage) const {
  if (!open_ || &stage != &stages_.back()) return stage.seconds;
  return std::chrono::duration<double>(Clock::now() - stage.begun).count();
}

StageProgress Observer::progress() const {
  if (stages_.empty()) return {};
  const Stage& last = stages_.back();
  if (open_ && total_ == 0) {
    if (std::optional<StageProgress> part = doing_().part) {
      return {last.name,     part->unit, part->done * ranks_, part->total * ranks_,
              part->seconds, ranks_ > 1, part->part};
    }
  }
  if (of_all_ == 0 || total_ == 0) {
    return {last.name, unit_, done_ * ranks_, total_ * ranks_, seconds_of(last), ranks_ > 1};
  }
  const auto done = static_cast<u64>(static_cast<u128>(done_) * of_all_ / total_);
  return {last.name, unit_, done, of_all_, seconds_of(last), ranks_ > 1};
}

JsonLine Observer::log_line(const std::string& level, const std::string& event) const {
  JsonLine line;
  line.add("ts", now_text()).add("level", level).add("rank", u64{rank_.value}).add("host", host_);
  if (open_) {
    line.add("stage", stages_.back().name);
  } else {
    line.add_json("stage", "null");
  }
  line.add("event", event);
  return line;
}

void Observer::write_log(const JsonLine& line) {
  if (folder_.empty()) return;
  // Flushed: what a rank said before it was killed is what one wants to read.
  log_ << line.text() + '\n' << std::flush;
  if (log_) return;
  log_.clear();
  complain("rank-" + std::to_string(rank_.value) + ".jsonl");
}

std::string Observer::stages_json() const {
  std::string json = "[";
  for (const Stage& stage : stages_) {
    if (json.size() > 1) json += ',';
    json += JsonLine()
                .add("name", stage.name)
                .add("seconds", seconds_of(stage))
                .add_json("counters", counters_json(stage.counters))
                .text();
  }
  return json + "]";
}

void Observer::write_status(const std::string& state, const std::string& message,
                            Clock::time_point now) {
  if (rank_.value != 0 || folder_.empty()) return;
  last_status_ = now;
  const StageProgress seen = progress();
  JsonLine json;
  json.add("state", state);
  if (stages_.empty()) {
    json.add_json("stage", "null");
  } else {
    json.add("stage", seen.name);
  }
  json.add("share_done", state == "done" ? 1.0 : seen.share()).add("done", seen.done);
  json.add_json("total", seen.total == 0 ? "null" : std::to_string(seen.total));
  json.add("unit", seen.unit).add("rate", seen.rate());
  if (seen.part.empty()) {
    json.add_json("part", "null");
  } else {
    json.add("part", seen.part);
  }
  json.add("eta_seconds", state == "running" ? seen.eta_seconds() : std::nullopt);
  last_doing_ = state == "running" ? doing_().what : std::string();
  json.add("doing", last_doing_);
  json.add("ranks", u64{ranks_}).add("pid", narrow<u64>(::getpid())).add("host", host_);
  json.add("started", started_).add("updated", now_text()).add("message", message);
  json.add_json("stages", stages_json());
  if (const auto error = replace_file(folder_ / "status.json", json.text() + '\n')) {
    complain("status.json: " + error.message());
  }
}

void Observer::complain(const std::string& what) {
  if (complained_) return;
  complained_ = true;
  display_.message("shardmill: warning: cannot write " + (folder_ / what).string() +
                   "; the run goes on without");
}

Observer::Progress progress_from_environment() {
  const std::string form = process_environment()("SHARDMILL_PROGRESS").value_or("line");
  if (form == "bar") return Observer::Progress::bar;
  if (form == "line") return Observer::Progress::line;
  if (form == "none") return Observer::Progress::none;
  throw ConfigError("SHARDMILL_PROGRESS is '" + form + "'; expected bar, line or none");
}

}  // namespace shardmill
