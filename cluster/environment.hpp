// Environment variables as a value, so that what depends on them can be tested.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "cluster/types.hpp"

namespace shardmill {

// The value of a variable, or nothing when it is not set.
using Environment = std::function<std::optional<std::string>(const char* name)>;

// The variables of this process.
[[nodiscard]] Environment process_environment();

// A variable that holds a whole number; nothing when it is unset or something else.
[[nodiscard]] std::optional<u64> number_in(const Environment& environment, const char* name);

// Whether this process is rank 0 or was not started by mpirun; known before MPI is.
[[nodiscard]] bool is_first_rank(const Environment& environment);

}  // namespace shardmill
