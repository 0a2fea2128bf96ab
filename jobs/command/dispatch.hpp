// From a parsed command line to what it does.
#pragma once

#include "jobs/command/arguments.hpp"

namespace shardmill {

// Returns the exit code; throws Error.
int dispatch(const Arguments& arguments);

}  // namespace shardmill
