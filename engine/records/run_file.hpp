// Sorted runs on scratch: one file per owner, blocks with a checksum, deleted with its owner.
//
// A block is a header (magic, checksum, payload bytes) and whole rows. Runs are byte ranges of the
// file. The file is disposable: never fsynced, never read by another run of the program.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "cluster/types.hpp"

namespace shardmill {

struct ScratchSpace;  // cluster/scratch_space.hpp
class Watchdog;       // cluster/watchdog.hpp

// A sorted sequence of rows: the blocks from `begin` to `end` of a RunFile.
struct Run {
  u64 begin = 0;
  u64 end = 0;
};

class RunFile {
 public:
  RunFile() = default;
  // The file is made when the first block is written, as <folder>/<name>.XXXXXX, and counts in the
  // space. The watchdog hears of each block: sorting what does not fit in memory may take hours
  // without any message. Both outlive the file.
  RunFile(ScratchSpace* space, const std::string& name, Watchdog* watchdog);
  RunFile(RunFile&& other) noexcept;
  RunFile& operator=(RunFile&& other) noexcept;
  ~RunFile();

  // Appends a block. Throws ResourceError naming the folder, the bytes needed and the option when
  // the disk is full, or the space.
  void write_block(std::span<const std::byte> rows);
  // Reads the block at `offset` into `rows`; returns where the next one begins. Throws
  // ResourceError with file and offset when the block is not what was written.
  [[nodiscard]] u64 read_block(u64 offset, std::vector<std::byte>& rows) const;
  // Gives the disk space of a run back where the file system can; the run is gone either way. Once
  // for each run.
  void discard(const Run& run);
  [[nodiscard]] u64 end() const { return end_; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }  // empty: no file yet

 private:
  void open();
  [[noreturn]] void fail(const std::string& what, u64 offset) const;

  ScratchSpace* space_ = nullptr;
  std::string name_;
  Watchdog* watchdog_ = nullptr;
  std::filesystem::path path_;
  int descriptor_ = -1;
  u64 end_ = 0;
  u64 held_ = 0;  // of the space
};

// Collects rows into blocks of a run.
class RunWriter {
 public:
  RunWriter(RunFile& file, std::size_t block_bytes);
  // One whole row, or several of them.
  void append(std::span<const std::byte> rows);
  [[nodiscard]] Run finish();

 private:
  RunFile& file_;
  std::size_t block_bytes_;
  std::vector<std::byte> block_;
  u64 begin_;
};

// Reads a run block by block. The file must outlive it and must not move.
class RunReader {
 public:
  RunReader(const RunFile& file, const Run& run) : file_(&file), run_(run) {}
  // The next block's rows, valid until the next call; empty at the end.
  [[nodiscard]] std::span<const std::byte> next();

 private:
  const RunFile* file_;
  Run run_;
  std::vector<std::byte> block_;
};

}  // namespace shardmill
