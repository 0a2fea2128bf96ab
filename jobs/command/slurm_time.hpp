// Time limits as Slurm writes them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cluster/types.hpp"

namespace shardmill {

// Seconds of "minutes", "minutes:seconds", "hours:minutes:seconds", "days-hours",
// "days-hours:minutes" or "days-hours:minutes:seconds" (sbatch(1), --time), each part as large as
// it likes; nothing for anything else and for more than ten years.
[[nodiscard]] std::optional<u64> parse_slurm_time(std::string_view text);

// "04:00:00", "2-12:30:00".
[[nodiscard]] std::string slurm_time_text(u64 seconds);

}  // namespace shardmill
