// Where the tests' own files are.
#pragma once

#include <filesystem>

namespace shardmill {

// Tests are run in the project's folder. (__FILE__ says nothing of it: a compiler cache that clones
// share has no place for absolute paths.)
inline std::filesystem::path tests_folder() { return "tests"; }

}  // namespace shardmill
