#include "engine/store/array_file.hpp"

#include <cstring>
#include <new>

#include "cluster/error.hpp"
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

void ArrayFile::AlignedDelete::operator()(char* bytes) const {
  ::operator delete (bytes, std::align_val_t{kAlignment});
}

ArrayFile::ArrayFile(std::string_view file)
    : copy_(static_cast<char*>(::operator new (file.size(), std::align_val_t{kAlignment}))),
      bytes_(copy_.get(), file.size()) {
  if (!is_whole(file)) throw InternalError("arrays that no ArrayFileWriter has written");
  std::memcpy(copy_.get(), file.data(), file.size());
}

std::optional<ArrayFile> ArrayFile::open(const std::filesystem::path& path) {
  try {
    ArrayFile file{MappedFile(path)};
    if (is_whole(file.bytes_)) return file;
  } catch (const DataError&) {
    // Not there: told as a damaged one is.
  }
  return std::nullopt;
}

std::span<const char> ArrayFile::bytes_of(std::size_t number, std::size_t element) const {
  if (number >= load_u64(bytes_.substr(kMagic.size()))) {
    throw InternalError("there is no array " + std::to_string(number));
  }
  const std::string_view place = bytes_.substr(kHeader + number * 2 * sizeof(u64));
  const std::span<const char> bytes =
      std::span(bytes_).subspan(load_u64(place), load_u64(place.substr(sizeof(u64))));
  if (bytes.size() % element != 0) {
    throw InternalError("array " + std::to_string(number) + " has values of another size");
  }
  return bytes;
}

}  // namespace shardmill
