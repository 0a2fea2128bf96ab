#include "cluster/peak_memory.hpp"

#include <fstream>
#include <string>

// A sanitizer brings an allocator of its own; glibc's, unused beside it, must not be trimmed.
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define SHARDMILL_GLIBC_MALLOC
#include <malloc.h>
#endif

namespace shardmill {
namespace {

Bytes status_line(const std::string& name) {
  std::ifstream in("/proc/self/status");
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(name)) return {std::stoull(line.substr(name.size())) << 10};
  }
  throw ResourceError("/proc/self/status has no line " + name);
}

}  // namespace

Bytes peak_memory() { return status_line("VmHWM:"); }
Bytes resident_memory() { return status_line("VmRSS:"); }

void return_freed_memory() {
#ifdef SHARDMILL_GLIBC_MALLOC
  malloc_trim(0);
#endif
}

void return_large_allocations() {
#ifdef SHARDMILL_GLIBC_MALLOC
  // Setting it also fixes it. Below 4 MiB, getting new pages for each costs several percent of a
  // run.
  mallopt(M_MMAP_THRESHOLD, 4 << 20);
  // Fixed with it, at 128 KiB: smaller buffers that come and go would be new pages each time, too.
  mallopt(M_TRIM_THRESHOLD, 4 << 20);
#endif
}

}  // namespace shardmill
