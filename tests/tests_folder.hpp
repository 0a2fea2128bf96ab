// Where the tests' own files are.
#pragma once

#include <cstdlib>
#include <filesystem>

namespace shardmill {

// ctest says it; by hand, tests are run in the project's folder. (__FILE__ does not: a compiler
// cache that clones share has no place for absolute paths.)
inline std::filesystem::path tests_folder() {
  const char* folder = std::getenv("SHARDMILL_TESTS");
  return folder == nullptr ? "tests" : folder;
}

}  // namespace shardmill
