#include "operators/embed/vector_sources.hpp"

#include "operators/embed/hashed_features.hpp"
#include "operators/embed/vector_program.hpp"
#include "operators/embed/word_vectors.hpp"

namespace shardmill {
namespace {

constexpr u32 kHashedDimensions = 256;

}  // namespace

std::unique_ptr<VectorSource> vector_source(const std::string& from, const Settings& settings) {
  if (from == "hashed") {
    return std::make_unique<HashedVectors>(settings.has("dimensions")
                                               ? narrow<u32>(settings.integer("dimensions"))
                                               : kHashedDimensions);
  }
  if (from == "static") {
    return std::make_unique<StaticVectors>(
        WordVectorFiles{settings.text("vectors"),
                        settings.has("words") ? settings.text("words") : ""},
        WordWeighting{settings.decimal("smoothing").approximate(),
                      narrow<u32>(settings.integer("components"))});
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
