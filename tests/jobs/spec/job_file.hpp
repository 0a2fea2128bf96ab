// A small job file around the part a test is about.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cluster/error.hpp"
#include "jobs/spec/job.hpp"

namespace shardmill {

// Lines 1 to 4; what is added starts in line 5.
inline const std::string kHead =
    "dataset: d\n"
    "output: out\n"
    "sources:\n"
    "  - {name: a, read: a.jsonl}\n";

inline Job job_of(const std::string& text, const std::vector<std::string>& overrides = {}) {
  return parse_job(text, "job.yaml", "/data/jobs", overrides);
}
// A job whose list of steps (from line 6 on) is given.
inline Job job_with(const std::string& steps, const std::vector<std::string>& overrides = {}) {
  return job_of(kHead + "steps:\n" + steps, overrides);
}

// The message of the ConfigError that reading must end in.
template <typename Read>
std::string error_of(const Read& read) {
  try {
    read();
  } catch (const ConfigError& error) {
    return error.what();
  }
  ADD_FAILURE() << "no ConfigError";
  return {};
}
inline std::string job_error(const std::string& text,
                             const std::vector<std::string>& overrides = {}) {
  return error_of([&] { (void)job_of(text, overrides); });
}
inline std::string step_error(const std::string& steps,
                              const std::vector<std::string>& overrides = {}) {
  return error_of([&] { (void)job_with(steps, overrides); });
}

}  // namespace shardmill
