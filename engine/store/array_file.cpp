#include "engine/store/array_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <new>
#include <utility>

#include "engine/hash/hash.hpp"
#include "engine/store/little_endian.hpp"

namespace shardmill {
namespace {

constexpr std::string_view kMagic{"SHRDARR\x01", 8};  // the last byte is the version
constexpr std::size_t kAlignment = 64;
constexpr std::size_t kHeader = kMagic.size() + 2 * sizeof(u64);

std::size_t aligned(std::size_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

// Where the arrays begin.
std::size_t head_bytes(u64 arrays) { return aligned(kHeader + arrays * 2 * sizeof(u64)); }

bool is_whole(std::string_view file) {
  if (file.size() < kHeader || !file.starts_with(kMagic)) return false;
  const u64 arrays = load_u64(file.substr(kMagic.size()));
  if (arrays > file.size() / (2 * sizeof(u64)) || head_bytes(arrays) > file.size()) return false;
  // What the checksum covers was written by us: places need no look of their own.
  return hash64(file.substr(kHeader), arrays) == load_u64(file.substr(kMagic.size() + sizeof(u64)));
}

}  // namespace

void ArrayFileWriter::add_bytes(std::string_view bytes) {
  arrays_.resize(aligned(arrays_.size()), '\0');
  places_.push_back(arrays_.size());
  places_.push_back(bytes.size());
  arrays_ += bytes;
}

std::string ArrayFileWriter::finish() {
  const u64 arrays = places_.size() / 2;
  const std::size_t head = head_bytes(arrays);
  std::string rest;
  rest.reserve(head + arrays_.size());
  for (std::size_t i = 0; i < places_.size(); ++i) {
    append_u64(rest, places_[i] + (i % 2 == 0 ? head : 0));
  }
  rest.resize(head - kHeader, '\0');
  rest += arrays_;
  std::string file(kMagic);
  append_u64(file, arrays);
  append_u64(file, hash64(rest, arrays));
  file += rest;
  places_.clear();
  arrays_.clear();
  return file;
}

ArrayFile::ArrayFile(std::string_view file) {
  if (!is_whole(file)) throw InternalError("arrays that no ArrayFileWriter has written");
  auto* copy = static_cast<char*>(::operator new (file.size(), std::align_val_t{kAlignment}));
  std::memcpy(copy, file.data(), file.size());
  bytes_ = {copy, file.size()};
}

std::optional<ArrayFile> ArrayFile::open(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return std::nullopt;
  struct stat status {};
  void* pages = MAP_FAILED;
  if (::fstat(descriptor, &status) == 0 && status.st_size > 0) {
    pages = ::mmap(nullptr, static_cast<std::size_t>(status.st_size), PROT_READ, MAP_SHARED,
                   descriptor, 0);
  }
  ::close(descriptor);
  if (pages == MAP_FAILED) return std::nullopt;
  ArrayFile file;
  file.bytes_ = {static_cast<const char*>(pages), static_cast<std::size_t>(status.st_size)};
  file.mapped_ = true;
  if (!is_whole({file.bytes_.data(), file.bytes_.size()})) return std::nullopt;
  return file;
}

ArrayFile::ArrayFile(ArrayFile&& other) noexcept
    : bytes_(std::exchange(other.bytes_, {})), mapped_(other.mapped_) {}

ArrayFile& ArrayFile::operator=(ArrayFile&& other) noexcept {
  if (this == &other) return *this;
  release();
  bytes_ = std::exchange(other.bytes_, {});
  mapped_ = other.mapped_;
  return *this;
}

ArrayFile::~ArrayFile() { release(); }

void ArrayFile::release() {
  if (bytes_.empty()) return;
  auto* begin = const_cast<char*>(bytes_.data());
  if (mapped_) {
    ::munmap(begin, bytes_.size());
  } else {
    ::operator delete (begin, std::align_val_t{kAlignment});
  }
}

std::span<const char> ArrayFile::bytes_of(std::size_t number, std::size_t element) const {
  const std::string_view file(bytes_.data(), bytes_.size());
  if (number >= load_u64(file.substr(kMagic.size()))) {
    throw InternalError("there is no array " + std::to_string(number));
  }
  const std::string_view place = file.substr(kHeader + number * 2 * sizeof(u64));
  const std::span<const char> bytes =
      bytes_.subspan(load_u64(place), load_u64(place.substr(sizeof(u64))));
  if (bytes.size() % element != 0) {
    throw InternalError("array " + std::to_string(number) + " has values of another size");
  }
  return bytes;
}

}  // namespace shardmill
