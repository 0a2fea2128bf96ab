#include "operators/tokenize/vocabulary_file.hpp"

#include "operators/read/byte_stream.hpp"

namespace shardmill {

std::string read_vocabulary_file(const std::string& path) {
  constexpr std::size_t kStep = std::size_t{1} << 20;
  const auto stream = open_decoded(path);
  std::string bytes;
  for (;;) {
    const std::size_t filled = bytes.size();
    bytes.resize(filled + kStep);
    const std::size_t got = stream->read(std::span(bytes).subspan(filled));
    bytes.resize(filled + got);
    if (got == 0) return bytes;
    if (bytes.size() > kLargestVocabularyFile.value) {
      throw DataError(path + ": more than " + std::to_string(kLargestVocabularyFile.value) +
                      " bytes; no vocabulary is that large");
    }
  }
}

}  // namespace shardmill
