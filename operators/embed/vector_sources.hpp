// Makes the source of vectors that settings ask for.
#pragma once

#include <memory>
#include <string>

#include "engine/plan/parameter.hpp"
#include "operators/embed/text_source.hpp"
#include "operators/embed/vector_source.hpp"

namespace shardmill {

// `from`: hashed, static or command; null for another.
[[nodiscard]] std::unique_ptr<TextSource> text_source(const std::string& from,
                                                      const Settings& settings);
// `from`: those, column or npy, with the settings that belong to it
// (jobs/spec/embed_declarations.cpp).
[[nodiscard]] std::unique_ptr<VectorSource> vector_source(const std::string& from,
                                                          const Settings& settings);

}  // namespace shardmill
