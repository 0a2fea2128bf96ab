// "did you mean": the nearest known word to a misspelt one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace shardmill {

// Fewest insertions, deletions, replacements and swaps of neighbours that turn one word into the
// other (optimal string alignment: Damerau 1964, computed as by Wagner and Fischer 1974).
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

// The known word within a third of the word's length (at least 1, at most 3 edits), the first of
// the nearest; empty when none is that near.
[[nodiscard]] std::string nearest(std::string_view word, const std::vector<std::string>& known);

// The end of an error message: "; did you mean `x`?", or "; allowed: a, b" when nothing is near.
[[nodiscard]] std::string suggestion(std::string_view word, const std::vector<std::string>& known);

// "a, b, c"
[[nodiscard]] std::string joined(const std::vector<std::string>& words);

}  // namespace shardmill
