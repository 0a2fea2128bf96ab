// Makes the source of vectors that settings ask for.
#pragma once

#include <memory>
#include <string>

#include "engine/plan/parameter.hpp"
#include "operators/embed/vector_source.hpp"

namespace shardmill {

// `from`: hashed, static, command or column, with the settings that belong to it
// (jobs/spec/embed_declarations.cpp).
[[nodiscard]] std::unique_ptr<VectorSource> vector_source(const std::string& from,
                                                          const Settings& settings);

}  // namespace shardmill
