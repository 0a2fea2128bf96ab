// What can go wrong, by who can mend it. Each kind carries the program's exit code.
#pragma once

#include <stdexcept>
#include <string>

namespace shardmill {

class Error : public std::runtime_error {
 public:
  Error(const std::string& message, int exit_code)
      : std::runtime_error(message), exit_code_(exit_code) {}
  [[nodiscard]] int exit_code() const { return exit_code_; }

 private:
  int exit_code_;
};

// The command line or the job file: "file:line:column: what is wrong; what was expected".
struct ConfigError : Error {
  explicit ConfigError(const std::string& message) : Error(message, 2) {}
};
// Input that is missing or corrupt: file, offset, reason.
struct DataError : Error {
  explicit DataError(const std::string& message) : Error(message, 4) {}
};
// Memory, disk or rights that the machine does not give: what was needed and which setting helps.
struct ResourceError : Error {
  explicit ResourceError(const std::string& message) : Error(message, 1) {}
};
// Messages between ranks: a lost peer, a torn frame, a wait past its limit.
struct TransportError : Error {
  explicit TransportError(const std::string& message) : Error(message, 1) {}
};
// A broken promise of our own: always a bug.
struct InternalError : Error {
  explicit InternalError(const std::string& message) : Error("internal error: " + message, 1) {}
};
// The run went well, but what it made is not to replace what is published.
struct GateError : Error {
  explicit GateError(const std::string& message) : Error(message, 3) {}
};
// Another run holds the dataset.
struct LockedError : Error {
  explicit LockedError(const std::string& message) : Error(message, 5) {}
};
// A signal asked us to stop; what was committed is kept and the same command goes on from there.
struct Stopped : Error {
  explicit Stopped(const std::string& message) : Error(message, 75) {}
};

}  // namespace shardmill
