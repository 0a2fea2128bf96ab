// Which input file a document came from.
#pragma once

#include <string>

#include "engine/batch/doc_key.hpp"
#include "engine/store/catalog.hpp"
#include "jobs/command/dataset.hpp"

namespace shardmill {

// By the catalogue, which stands two folders above a snapshot. One that was copied elsewhere has
// none, and nothing is known then.
class Origins {
 public:
  // DataError for a catalogue that cannot be read.
  explicit Origins(const Dataset& dataset);
  // Below the root of the source's pattern; empty when it is not known.
  [[nodiscard]] std::string path_of(DocKey key) const;
  // "zlib.h"; with the offset when the file has other documents too: "web.jsonl at 1234".
  [[nodiscard]] std::string place_of(DocKey key) const;

 private:
  Catalog catalog_;
};

}  // namespace shardmill
