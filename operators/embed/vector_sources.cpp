#include "operators/embed/vector_sources.hpp"

#include "operators/embed/hashed_features.hpp"
#include "operators/embed/npy_vectors.hpp"
#include "operators/embed/text_vectors.hpp"
#include "operators/embed/vector_program.hpp"
#include "operators/embed/word_vectors.hpp"

namespace shardmill {
namespace {

constexpr u32 kHashedDimensions = 256;

std::string text_or_none(const Settings& settings, const char* name) {
  return settings.has(name) ? settings.text(name) : "";
}

}  // namespace

std::unique_ptr<TextSource> text_source(const std::string& from, const Settings& settings) {
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
  return nullptr;
}

std::unique_ptr<VectorSource> vector_source(const std::string& from, const Settings& settings) {
  if (std::unique_ptr<TextSource> source = text_source(from, settings)) {
    const auto chunk = narrow<u64>(settings.integer("chunk"));
    const auto overlap = narrow<u64>(settings.integer("overlap"));
    return std::make_unique<TextVectors>(
        std::move(source),
        chunk > 0 ? std::optional<Chunker>(std::in_place, chunk, overlap) : std::nullopt);
  }
  if (from == "npy") {
    return std::make_unique<NpyVectors>(settings.text("vectors"), settings.text("ids"));
  }
  return std::make_unique<VectorColumn>(settings.text("of"));
}

}  // namespace shardmill
