#include "cluster/environment.hpp"

#include <charconv>
#include <cstdlib>

namespace shardmill {

Environment process_environment() {
  return [](const char* name) -> std::optional<std::string> {
    const char* value = std::getenv(name);
    if (value == nullptr) return std::nullopt;
    return std::string(value);
  };
}

std::optional<u64> number_in(const Environment& environment, const char* name) {
  const auto text = environment(name);
  if (!text) return std::nullopt;
  u64 value = 0;
  const char* end = text->data() + text->size();
  const auto [stop, failure] = std::from_chars(text->data(), end, value);
  if (failure != std::errc{} || stop != end) return std::nullopt;
  return value;
}

bool is_first_rank(const Environment& environment) {
  return number_in(environment, "OMPI_COMM_WORLD_RANK").value_or(0) == 0;
}

}  // namespace shardmill
