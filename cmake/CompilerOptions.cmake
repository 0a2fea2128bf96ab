# Flags of every file of ours, in one interface target: shardmill_options.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Release, Debug or RelWithDebInfo" FORCE)
endif()
# -O2, not -O3: kernels are vectorised by hand, and -O3 in g++ 12 brings false warnings and slow builds.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")

# Warnings are errors with the compiler the project is checked with (g++ 12, Debian 12). A newer one
# may know new warnings, and those must not stop somebody who only wants to run the program.
set(werror_default OFF)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION MATCHES "^12\\.")
  set(werror_default ON)
endif()
# Off in sanitizer builds too: their instrumentation makes g++ warn about code that is right.
option(SHARDMILL_WERROR "Treat warnings as errors" ${werror_default})

set(SHARDMILL_SANITIZE "" CACHE STRING "Value of -fsanitize=, e.g. address,undefined or thread")

add_library(shardmill_options INTERFACE)
target_include_directories(shardmill_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_definitions(shardmill_options INTERFACE SHARDMILL_VERSION="${PROJECT_VERSION}")
target_compile_options(shardmill_options INTERFACE
  -Wall -Wextra -Wconversion -Wshadow
  $<$<BOOL:${SHARDMILL_WERROR}>:-Werror>
  # A fused multiply-add rounds once where two operations round twice: the same source would decide
  # differently on two machines. Results must not depend on the machine.
  -ffp-contract=off)

if(SHARDMILL_SANITIZE)
  # -fno-sanitize-recover: undefined behaviour fails the test instead of printing a line in its log.
  target_compile_options(shardmill_options INTERFACE
    -fsanitize=${SHARDMILL_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all
    -Wno-maybe-uninitialized)  # the instrumentation confuses it
  target_link_options(shardmill_options INTERFACE -fsanitize=${SHARDMILL_SANITIZE})
endif()

# The standard headers that most files include anyway, parsed once per target. Tests always use them;
# the libraries only in a sanitizer build: every file must include what it uses, and optimised code
# behind a precompiled header gets false warnings from g++ 12.
option(SHARDMILL_PCH "Precompile standard headers in the libraries too" OFF)
set(shardmill_precompiled <algorithm> <array> <chrono> <cstring> <filesystem> <functional> <map>
  <memory> <optional> <span> <string> <string_view> <unordered_map> <utility> <vector>)

if(NOT CMAKE_CXX_COMPILER_LAUNCHER)
  find_program(CCACHE_PROGRAM ccache)
  if(CCACHE_PROGRAM)
    # Clones share what they have compiled, and precompiled headers count as what they are made of.
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}
      CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE_PROGRAM})
    target_compile_options(shardmill_options INTERFACE
      $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)  # without it ccache passes over their users
  endif()
endif()
