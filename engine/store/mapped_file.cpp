#include "engine/store/mapped_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "cluster/error.hpp"

namespace shardmill {

MappedFile::MappedFile(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat status {};
  void* pages = MAP_FAILED;
  if (descriptor >= 0 && ::fstat(descriptor, &status) == 0) {
    // No bytes cannot be mapped.
    pages = status.st_size == 0 ? nullptr
                                : ::mmap(nullptr, static_cast<std::size_t>(status.st_size),
                                         PROT_READ, MAP_SHARED, descriptor, 0);
  }
  const int failure = errno;
  if (descriptor >= 0) ::close(descriptor);
  if (pages == MAP_FAILED) {
    throw DataError(path.string() + ": cannot be read: " + std::strerror(failure));
  }
  bytes_ = {static_cast<const char*>(pages), static_cast<std::size_t>(status.st_size)};
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<char*>(bytes_.data()), bytes_.size());
}

}  // namespace shardmill
