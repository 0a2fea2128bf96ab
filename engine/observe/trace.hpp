// A timeline of all ranks in the JSON of the Trace Event Format, which Perfetto (ui.perfetto.dev)
// and chrome://tracing open.
#pragma once

#include <string>

#include "cluster/communicator.hpp"
#include "cluster/spans.hpp"

namespace shardmill {

// Collective. On rank 0 the whole file, elsewhere empty: one process, a thread (lane) for each rank
// with its host, complete events (`ph` X) in microseconds since `start`, each with its arguments.
// `start` is this rank's clock at one moment for all, as near as a barrier brings them.
[[nodiscard]] std::string gather_trace(Communicator& control, const Spans& spans,
                                       Span::Clock::time_point start);

}  // namespace shardmill
