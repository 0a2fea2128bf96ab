// What makes vectors of texts, whatever the texts are: documents, chunks of them, benchmark items.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/types.hpp"

namespace shardmill {

class TextSource {
 public:
  virtual ~TextSource() = default;
  // The texts that the next vectors are of; they outlive them.
  virtual void load(std::span<const std::string_view> texts) = 0;
  // The vector of text i, asked for in order; null when it has none. The caller may change it; it
  // lives until the next call.
  virtual std::vector<float>* of(std::size_t i) = 0;
  // As those of VectorSource.
  virtual void finish() {}
  [[nodiscard]] virtual u64 memory_held() const { return 0; }
  [[nodiscard]] virtual u64 bytes_per_document() = 0;
  [[nodiscard]] virtual std::vector<std::string> files() const { return {}; }
  // What a message about one of its vectors ends with.
  [[nodiscard]] virtual std::string hint() const { return ""; }
};

// Throws DataError when a number is not finite; `whose`: for example "document 7".
void check_finite(const std::vector<float>& vector, const std::string& whose,
                  const TextSource& source);

}  // namespace shardmill
