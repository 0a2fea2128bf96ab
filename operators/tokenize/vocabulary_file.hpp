// Vocabulary files: small, read whole.
#pragma once

#include <string>

#include "cluster/types.hpp"

namespace shardmill {

inline constexpr Bytes kLargestVocabularyFile = 1024_MiB;

// All bytes of a file, decoded when it is packed with zstd or gzip. DataError when it cannot be
// read or has more than kLargestVocabularyFile.
[[nodiscard]] std::string read_vocabulary_file(const std::string& path);

}  // namespace shardmill
