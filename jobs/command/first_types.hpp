// The columns of a table and the types that its first records have.
#pragma once

#include "engine/batch/batch.hpp"
#include "operators/read/source.hpp"

namespace shardmill {

// Of the documents in about the first MiB, sorted by name, without id, source and text; a later
// record may widen a type. Empty when the file cannot be read: the run says why.
[[nodiscard]] Schema first_types(const FilePart& part, const SourceSettings& source);

}  // namespace shardmill
