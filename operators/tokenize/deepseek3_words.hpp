// Words as DeepSeek V3 cuts them: by three regular expressions, each of which cuts what those
// before it left (pre_tokenizer.cpp has them).
#pragma once

#include <span>

#include "cluster/types.hpp"

namespace shardmill {

// As cut_words() of pre_tokenizer.hpp.
std::size_t cut_deepseek3_words(const char* at, const char* end, std::span<const char*> ends);

}  // namespace shardmill
