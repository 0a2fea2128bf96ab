#include "operators/embed/vector_sources.hpp"

#include "operators/embed/hashed_features.hpp"
#include "operators/embed/vector_program.hpp"
#include "operators/embed/word_vectors.hpp"

namespace shardmill {
namespace {

constexpr u32 kHashedDimensions = 256;

std::string text_or_none(const Settings& settings, const char* name) {
  return settings.has(name) ? settings.text(name) : "";
}

}  // namespace

std::unique_ptr<VectorSource> vector_source(const std::string& from, const Settings& settings) {
  if (from == "hashed") {
    return std::make_unique<HashedVectors>(settings.has("dimensions")
                                               ? narrow<u32>(settings.integer("dimensions"))
                                               : kHashedDimensions,
                                           text_or_none(settings, "frequencies"));
  }
  if (from == "static") {
    return std::make_unique<StaticVectors>(
        WordVectorFiles{settings.text("vectors"), text_or_none(settings, "words")},
        WordWeighting{settings.decimal("smoothing").approximate(),
                      narrow<u32>(settings.integer("components")),
                      text_or_none(settings, "frequencies")});
  }
  if (from == "command") {
    return std::make_unique<CommandVectors>(
        VectorProgramSettings{settings.list("command"), narrow<u32>(settings.integer("dimensions")),
                              narrow<std::size_t>(settings.integer("batch")),
                              std::chrono::seconds(settings.integer("time_limit"))});
  }
  return std::make_unique<VectorColumn>(settings.text("of"));
}

}  // namespace shardmill
