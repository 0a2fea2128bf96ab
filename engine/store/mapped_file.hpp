// A file that is read where it lies: its pages are in the memory of the machine once, however many
// processes map it, and the system takes them back when it needs them.
#pragma once

#include <filesystem>
#include <string_view>
#include <utility>

namespace shardmill {

class MappedFile {
 public:
  // Throws DataError when the file is missing or may not be read. It must not become shorter while
  // it is mapped: reading what is gone ends the process (SIGBUS).
  explicit MappedFile(const std::filesystem::path& path);
  MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  MappedFile& operator=(MappedFile&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~MappedFile();

  [[nodiscard]] std::string_view bytes() const { return bytes_; }

 private:
  std::string_view bytes_;
};

}  // namespace shardmill
