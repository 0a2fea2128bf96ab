// Files as the store needs them: positioned reads, whole writes, and a name that appears only when
// the bytes behind it are safe.
//
// Reading fails with DataError (input missing or corrupt), writing with ResourceError (disk or
// rights); both name the path.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "cluster/types.hpp"

namespace shardmill {

// An open file descriptor. Move-only; closed when it goes out of scope.
class File {
 public:
  File() = default;
  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;
  ~File();

  // Throws DataError when the file is missing or may not be read.
  static File open_read(const std::filesystem::path& path);
  // Makes the file empty or creates it. Throws ResourceError.
  static File create(const std::filesystem::path& path);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }
  [[nodiscard]] u64 size() const;

  // Reads from `offset` until `into` is full or the file ends; returns how many bytes.
  [[nodiscard]] std::size_t read_at(u64 offset, std::span<char> into) const;
  // As read_at, but a file that ends before `into` is full is a DataError.
  void read_exactly(u64 offset, std::span<char> into) const;
  // Writes all of it; a full disk is a ResourceError with the path and the bytes.
  void write_at(u64 offset, std::string_view bytes);
  // Writes at the end of what append() has written so far.
  void append(std::string_view bytes);
  // How far append() has come.
  [[nodiscard]] u64 position() const { return position_; }

  // Asks the kernel to begin writing to disk, without waiting: sync() then has less to wait for.
  void start_writeback();
  // fsync: returns when the bytes are on disk.
  void sync();
  // Closes and reports what only closing reveals (NFS, quotas).
  void close();

 private:
  friend class CommittedFile;
  File(int descriptor, std::filesystem::path path)
      : descriptor_(descriptor), path_(std::move(path)) {}
  int descriptor_ = -1;
  u64 position_ = 0;
  std::filesystem::path path_;
};

// A file that gets its name only at commit(): until then it lives as ".name.tmp-<pid>-<n>" in the
// same folder, and vanishes unless it is committed. A reader of the final name sees the old bytes
// or all of the new ones, also after a kill or a power cut. Errors name the final path.
class CommittedFile {
 public:
  explicit CommittedFile(std::filesystem::path final_path);
  CommittedFile(const CommittedFile&) = delete;
  CommittedFile& operator=(const CommittedFile&) = delete;
  ~CommittedFile();

  // Buffered; a ResourceError may come from a later write or from commit().
  void write(std::string_view bytes);
  // Bytes written so far.
  [[nodiscard]] u64 size() const { return file_.position() + buffer_.size(); }
  // fsync, rename, fsync of the folder. At most once.
  void commit();

 private:
  void flush();
  std::filesystem::path final_path_;
  std::filesystem::path temporary_path_;
  File file_;
  std::string buffer_;
  bool committed_ = false;
};

[[nodiscard]] std::string read_whole_file(const std::filesystem::path& path);
void write_file_atomically(const std::filesystem::path& path, std::string_view bytes);
// Sets aside disk space for the first `bytes` of an existing file, whose size stays as it is;
// ResourceError when there is too little. Where the file system cannot do it, does nothing.
void reserve_space(const std::filesystem::path& path, u64 bytes);
// Makes the names in a folder durable. Throws ResourceError.
void fsync_directory(const std::filesystem::path& directory);
// Gives the bytes of `from` a second name, replacing what `to` was; copies (durably) where the file
// system cannot link.
void hard_link_or_copy(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace shardmill
