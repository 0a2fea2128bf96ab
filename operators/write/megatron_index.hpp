// Megatron's index of a file of token ids: one sequence is one document.
//
//   0 "MMIDIDX\0\0" | 9 u64 1 | 17 u8 code of the type | 18 u64 n | 26 u64 n + 1 |
//   34 i32[n] tokens of each | 34+4n i64[n] where each begins in the file | 34+12n i64[n+1] 0 … n
//
// (https://github.com/NVIDIA/Megatron-LM, megatron/core/datasets/indexed_dataset.py.) The three
// arrays are written and read side by side, so memory does not grow with the documents.
#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <string_view>

#include "engine/plan/token_format.hpp"
#include "engine/store/file.hpp"
#include "operators/write/shard_part.hpp"

namespace shardmill {

class MegatronIndexWriter {
 public:
  // Documents that follow each other from `data_begin` on.
  MegatronIndexWriter(const std::filesystem::path& path, u64 documents, const TokenFormat& format,
                      u64 data_begin);
  // The next document. ResourceError: the disk.
  void add(u64 tokens);
  // InternalError when there were not as many documents as announced.
  ShardPart::Whole commit();

 private:
  // Bytes of one of the arrays that are not written yet.
  struct Array {
    u64 at = 0;
    std::string bytes;
  };
  void put(Array& array, std::string_view bytes);

  ShardPart part_;
  File file_;
  u64 documents_;
  u64 added_ = 0;
  std::size_t width_;
  u64 next_;  // where the next document begins
  Array lengths_;
  Array begins_;
  Array boundaries_;
};

// Compares an index with what it should say; every difference is a DataError that names the file.
class MegatronIndexCheck {
 public:
  MegatronIndexCheck(const std::filesystem::path& path, u64 documents, const TokenFormat& format,
                     u64 data_begin);
  void next(u64 tokens);

 private:
  struct Array {
    u64 at = 0;
    std::string bytes;     // of the file, read ahead
    std::size_t used = 0;  // of these
  };
  void expect(Array& array, std::string_view bytes, const char* what);

  File file_;
  u64 document_ = 0;
  std::size_t width_;
  u64 next_;
  Array lengths_;
  Array begins_;
  Array boundaries_;
};

}  // namespace shardmill
