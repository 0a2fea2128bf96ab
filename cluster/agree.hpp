// Failing together: when one rank finds an error that concerns all, every rank throws it, and the
// program prints it once and ends with its exit code instead of tearing the job down.
#pragma once

#include <functional>
#include <string>

#include "cluster/communicator.hpp"
#include "cluster/error.hpp"

namespace shardmill {

class StopFlag;  // cluster/signals.hpp

// Collective. Rank 0 runs `on_root`; every rank returns its bytes, or throws the same kind of Error
// with the same message. A std::bad_alloc or filesystem_error arrives as ResourceError, any other
// foreign exception as InternalError.
std::string agree(Communicator& control, const std::function<std::string()>& on_root);

// Collective. Every rank runs `everywhere`, which makes no collective call of its own. When it
// failed anywhere, every rank throws the error of the lowest rank that failed, with that rank and
// its host before the message (unless there is one rank only).
void agree_all(Communicator& control, const std::function<void()>& everywhere);

// Collective. Throws Stopped on every rank when any rank was asked to stop.
void stop_if_asked(Communicator& control, const StopFlag& stop, const std::string& message);

// Throws `error` as agreed. For errors that every rank finds by itself at the same place, from the
// same numbers: "sent 10 rows, received 9".
[[noreturn]] void fail_together(const Error& error);

// Whether every rank has thrown this error.
[[nodiscard]] bool is_agreed(const std::exception& error);

}  // namespace shardmill
