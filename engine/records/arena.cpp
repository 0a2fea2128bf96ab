#include "engine/records/arena.hpp"

#include <sys/mman.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

namespace shardmill {
namespace {

// From here on pages of 2 MiB are asked for: a fault each instead of 512, at the price of at most
// one page that is not full.
constexpr std::size_t kLargeArena = std::size_t{32} << 20;

}  // namespace

Arena::Arena(std::size_t bytes) : bytes_(bytes) {
  if (bytes == 0) return;
  void* address = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (address == MAP_FAILED) {
    throw ResourceError("cannot map " + std::to_string(bytes) + " bytes: " + std::strerror(errno) +
                        "; give less with --memory, or raise ulimit -v");
  }
  data_ = static_cast<std::byte*>(address);
  if (bytes >= kLargeArena) ::madvise(address, bytes, MADV_HUGEPAGE);  // advice: may be refused
}

void Arena::give_back(std::size_t bytes) {
  // Large pages as wholes: a split one is slow to give back.
  constexpr std::size_t kLargePage = std::size_t{2} << 20;
  const auto begin = reinterpret_cast<std::uintptr_t>(data_);
  const std::uintptr_t end = (begin + bytes) / kLargePage * kLargePage;
  if (end < begin + given_back_ + kPiece / 2) return;
  // Refused or not, the bytes are not used again.
  ::madvise(data_ + given_back_, end - begin - given_back_, MADV_DONTNEED);
  given_back_ = end - begin;
}

Arena::~Arena() {
  if (data_ != nullptr) ::munmap(data_, bytes_);
}

}  // namespace shardmill
