// A value as a shard stores it (see engine/store/logical_digest.hpp), from and to JSON text.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "engine/batch/batch.hpp"

namespace shardmill {

// Where the bytes of a number are put.
using NumberBytes = std::array<char, 8>;

// utf8 and json: `value` itself. int64, float64, boolean: `value` is the JSON text; the result is
// its bytes, which lie in `number`. An integer literal in a float64 column is the integer as a
// double (so -0 is 0); one too small for a double is 0. vector: `value` is of vector_value.hpp, the
// result its components. Anything else is an InternalError: the type was decided from these very
// values.
[[nodiscard]] std::string_view value_bytes(Type type, std::string_view value, NumberBytes& number);

// The inverse: JSON text of stored bytes; numbers in their shortest form that reads back the same.
// utf8 is returned as it is, not quoted; a vector is a JSON array of the shortest numbers that read
// back the same as float32. Bytes of a wrong length are a DataError.
[[nodiscard]] std::string value_text(Type type, std::string_view bytes);

}  // namespace shardmill
