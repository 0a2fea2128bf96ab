#include "engine/observe/trace.hpp"

#include "cluster/host.hpp"
#include "engine/observe/json_line.hpp"

namespace shardmill {
namespace {

u64 microseconds(Span::Clock::duration time) {
  const auto count = std::chrono::duration_cast<std::chrono::microseconds>(time).count();
  return count < 0 ? 0 : static_cast<u64>(count);
}

std::string lane_name(u64 rank, const Spans& spans) {
  std::string name = "rank " + std::to_string(rank) + " on " + host_name();
  if (spans.left_out() > 0) {
    name += " (" + std::to_string(spans.left_out()) + " later spans left out)";
  }
  const std::string arguments = JsonLine().add("name", name).text();
  return JsonLine()
      .add("name", "thread_name")
      .add("ph", "M")
      .add("pid", u64{0})
      .add("tid", rank)
      .add_json("args", arguments)
      .text();
}

std::string event(u64 rank, const Span& span, Span::Clock::time_point start) {
  JsonLine arguments;
  for (const auto& [name, value] : span.arguments) arguments.add(name, value);
  return JsonLine()
      .add("name", span.name)
      .add("cat", span.category)
      .add("ph", "X")
      .add("ts", microseconds(span.begin - start))
      .add("dur", microseconds(span.end - span.begin))
      .add("pid", u64{0})
      .add("tid", rank)
      .add_json("args", arguments.text())
      .text();
}

}  // namespace

std::string gather_trace(Communicator& control, const Spans& spans, Span::Clock::time_point start) {
  const u64 rank = control.rank().value;
  std::string mine = lane_name(rank, spans);
  for (const Span& span : spans.all()) mine += ",\n" + event(rank, span, start);
  const std::vector<std::string> all = control.all_gather(mine);
  if (!control.is_root()) return "";
  std::string text = "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n";
  for (std::size_t r = 0; r < all.size(); ++r) text += (r == 0 ? "" : ",\n") + all[r];
  return text + "\n]}\n";
}

}  // namespace shardmill
