// Arrays of numbers in one file, used where they lie: every process that maps the file shares its
// pages, so a machine holds one copy however many ranks look things up in it.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "cluster/types.hpp"
#include "engine/store/mapped_file.hpp"

namespace shardmill {

// The file: magic, number of arrays, checksum (XXH3-64, seeded with the number) of all that
// follows, then begin and bytes of each array, then the arrays, each at a multiple of 64 bytes.
// Little-endian.
class ArrayFileWriter {
 public:
  // Arrays are numbered as they are added, from 0.
  template <class T>
  void add(std::span<const T> values) {
    static_assert(std::is_trivially_copyable_v<T> && alignof(T) <= 64);
    add_bytes({reinterpret_cast<const char*>(values.data()), values.size_bytes()});
  }
  template <class T>
  void add(const std::vector<T>& values) {
    add(std::span<const T>(values));
  }
  // The whole file. The writer is empty afterwards.
  [[nodiscard]] std::string finish();

 private:
  void add_bytes(std::string_view bytes);
  std::vector<u64> places_;  // begin and bytes of each, from where the arrays begin
  std::string arrays_;
};

class ArrayFile {
 public:
  // Keeps the bytes of a file in memory of its own.
  explicit ArrayFile(std::string_view file);
  // Maps a file read-only; nothing when it is not there, or damaged.
  [[nodiscard]] static std::optional<ArrayFile> open(const std::filesystem::path& path);

  // Of the type it was written with; valid as long as the object. Throws InternalError for an array
  // that is not there or has a part of a value at its end.
  template <class T>
  [[nodiscard]] std::span<const T> array(std::size_t number) const {
    static_assert(std::is_trivially_copyable_v<T>);
    const std::span<const char> bytes = bytes_of(number, sizeof(T));
    return {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
  }
  [[nodiscard]] u64 bytes() const { return bytes_.size(); }
  // Whether its pages are those of a file, shared with whoever maps it too.
  [[nodiscard]] bool is_mapped() const { return !copy_; }

 private:
  struct AlignedDelete {
    void operator()(char* bytes) const;
  };
  explicit ArrayFile(MappedFile pages) : pages_(std::move(pages)), bytes_(pages_->bytes()) {}
  [[nodiscard]] std::span<const char> bytes_of(std::size_t number, std::size_t element) const;

  // One of the two holds the bytes.
  std::optional<MappedFile> pages_;
  std::unique_ptr<char, AlignedDelete> copy_;
  std::string_view bytes_;
};

}  // namespace shardmill
