// Numbers at any place of a sequence that may be larger than memory.
#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "cluster/scratch_space.hpp"
#include "engine/records/arena.hpp"
#include "engine/store/file.hpp"

namespace shardmill {

// An array of u64 that grows at its end: in memory up to `limit` bytes, beyond that in a file on
// scratch, of which the same memory then holds the blocks last looked at. Memory: the limit, at
// least two blocks of 16 KiB, and the longest range that is read at once.
class ScratchArray {
 public:
  // Its file, named `name`, is made when it is needed. The space outlives it.
  ScratchArray(ScratchSpace& space, const std::string& name, u64 limit);
  ~ScratchArray();
  ScratchArray(const ScratchArray&) = delete;
  ScratchArray& operator=(const ScratchArray&) = delete;

  void clear();
  // Throws ResourceError when scratch is full.
  void append(std::span<const u64> values);
  [[nodiscard]] u64 size() const { return size_; }
  // values [begin, begin + count), valid until the next call of any of these; all must be there.
  [[nodiscard]] std::span<const u64> read(u64 begin, u64 count);

 private:
  static constexpr std::size_t kBlock = 2048;  // values; some disk pages, a fraction of L2
  static constexpr u64 kNone = UINT64_MAX;
  [[nodiscard]] u64* memory() const { return reinterpret_cast<u64*>(arena_.data()); }
  void append_to_file(std::span<const u64> values);
  // The values of a block; of the last one, as many as there are.
  std::span<const u64> block(u64 number);

  ScratchSpace& space_;
  std::filesystem::path path_;
  std::size_t slots_;  // blocks that fit in memory
  u64 size_ = 0;
  Arena arena_;             // the array; once it is in the file, a block of it in each slot
  std::vector<u64> holds_;  // once it is in the file: which block
  File file_;
  u64 held_ = 0;             // of the space
  std::vector<u64> tail_;    // once it is in the file: the last block, as far as there is one
  std::vector<u64> joined_;  // a range that crosses blocks
};

}  // namespace shardmill
