// A file that is read where it lies: its pages are in the memory of the machine once, however many
// processes map it, and the system takes them back when it needs them.
#pragma once

#include <filesystem>
#include <string_view>

namespace shardmill {

class MappedFile {
 public:
  // Throws DataError when the file is missing or may not be read. It must not become shorter while
  // it is mapped: reading what is gone ends the process (SIGBUS).
  explicit MappedFile(const std::filesystem::path& path);
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  [[nodiscard]] std::string_view bytes() const { return bytes_; }

 private:
  std::string_view bytes_;
};

}  // namespace shardmill
