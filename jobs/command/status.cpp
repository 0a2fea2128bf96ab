#include "jobs/command/status.hpp"

#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "cluster/host.hpp"
#include "engine/observe/progress_text.hpp"
#include "engine/store/file.hpp"
#include "jobs/command/output.hpp"

namespace shardmill {
namespace {

using Json = nlohmann::ordered_json;

// A run that lives writes its status every 10 s (Observer::kHeartbeat); some minutes more are what
// clocks of two hosts differ by and a network file system keeps an old file.
constexpr double kQuietSeconds = 300;
constexpr int kStillRunning = 5;  // as when a run is in the way

// RFC 3339 in UTC, as engine/observe/timestamp.hpp writes it.
std::chrono::system_clock::time_point parse_time(const std::string& text, const std::string& path) {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  int millisecond = 0;
  if (std::sscanf(text.c_str(), "%d-%u-%uT%d:%d:%d.%dZ", &year, &month, &day, &hour, &minute,
                  &second, &millisecond) != 7) {
    throw DataError(path + ": '" + text + "' is no time");
  }
  using namespace std::chrono;
  return sys_days(year_month_day(std::chrono::year(year), std::chrono::month(month),
                                 std::chrono::day(day))) +
         hours(hour) + minutes(minute) + seconds(second) + milliseconds(millisecond);
}

std::string rounded(double share) { return std::to_string(static_cast<int>(share * 100)) + " %"; }

// Whether the run's rank 0 is gone from this machine; false when it is another one's.
bool is_gone(const Json& status) {
  if (status.at("state") != "running" || status.at("host") != host_name()) return false;
  return ::kill(status.at("pid").get<pid_t>(), 0) != 0 && errno == ESRCH;
}

bool is_dead(const Json& status) {
  return is_gone(status) || (status.at("state") == "running" &&
                             status.at("age_seconds").get<double>() > kQuietSeconds);
}

std::string as_text(const Json& status, double age) {
  const std::string state = is_dead(status) ? "dead" : status.at("state");
  std::string text = "run: " + state;
  if (!status.at("stage").is_null()) {
    text += std::string(", ") + (state == "running" ? "" : "last ") + "stage " +
            printable(status.at("stage").get<std::string>());
  }
  const std::string unit = status.at("unit");
  const bool has_part = status.contains("part") && !status.at("part").is_null();
  const std::string part = has_part ? status.at("part").get<std::string>() : "";
  if (state == "running") {
    if (!status.at("share_done").is_null()) {
      text += "\nprogress: " + rounded(status.at("share_done").get<double>()) + " (" +
              amount_text(status.at("done").get<double>(), unit);
      if (!status.at("total").is_null()) {
        text += " of " + amount_text(status.at("total").get<double>(), unit);
      }
      text += ")";
      if (!part.empty()) text += " of " + printable(part);
    }
    if (!status.at("rate").is_null()) {
      text += "\nrate: " + amount_text(status.at("rate").get<double>(), unit) + "/s";
    }
    if (!status.at("eta_seconds").is_null()) {
      text += std::string("\nleft ") + (part.empty() ? "in this stage: " : "of that: ") +
              duration_text(status.at("eta_seconds").get<double>());
    }
    const std::string doing = status.value("doing", "");
    if (!doing.empty()) text += "\nrank 0: " + printable(doing);
  }
  const std::string message = status.at("message");
  if (!message.empty()) {
    text += std::string("\n") + (state == "failed" ? "error: " : "message: ") + printable(message);
  }
  text += "\nranks: " + std::to_string(status.at("ranks").get<u64>()) + ", rank 0 is process " +
          std::to_string(status.at("pid").get<u64>()) + " on " +
          printable(status.at("host").get<std::string>());
  text += "\nstarted: " + status.at("started").get<std::string>();
  text += "\nlast heard from: " + duration_text(age) + " ago";
  if (is_gone(status)) {
    text += ": its process is gone; the same command goes on from what it committed";
  } else if (state == "dead") {
    text += ": it may be dead";
  }
  return text + "\n";
}

double age_of(const Json& status, const std::string& path) {
  const auto updated = parse_time(status.at("updated"), path);
  return std::max(
      0.0, std::chrono::duration<double>(std::chrono::system_clock::now() - updated).count());
}

Json read_status(const std::string& path) {
  Json status = Json::parse(read_whole_file(path));
  status["age_seconds"] = age_of(status, path);
  return status;
}

// The exit code of a run in this state, as far as a status knows it.
int code_of(const Json& status) {
  const std::string state = status.at("state");
  if (state == "running") return is_dead(status) ? 1 : kStillRunning;
  return state == "done" ? 0 : state == "stopped" ? 75 : 1;
}

}  // namespace

int show_status(const Arguments& arguments) {
  const std::string path =
      (std::filesystem::path(arguments.directory) / "log" / "status.json").string();
  if (!std::filesystem::exists(path)) {
    throw DataError(arguments.directory + ": no run has been here: there is no log/status.json");
  }
  try {
    Json status = read_status(path);
    const auto until =
        std::chrono::steady_clock::now() + std::chrono::seconds(arguments.wait.value_or(0));
    while (code_of(status) == kStillRunning && std::chrono::steady_clock::now() < until) {
      std::this_thread::sleep_for(std::chrono::milliseconds(500));
      status = read_status(path);
    }
    const int code = arguments.wait ? code_of(status) : 0;
    Output output;
    const std::string text = as_text(status, status.at("age_seconds").get<double>());
    if (is_dead(status)) status["state"] = "dead";
    output.write(arguments.json ? status.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"
                                : text);
    output.finish();
    return code;
  } catch (const nlohmann::json::exception& error) {
    throw DataError(path + ": not a status: " + error.what());
  }
}

}  // namespace shardmill
