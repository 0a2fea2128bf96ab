// What a global step noted of the documents of one fragment, in a file of its own: other settings,
// another benchmark or tokenizer make this file anew and leave the documents where they are.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "engine/store/segment.hpp"

namespace shardmill {

// Of a document whose text becomes tokens.
struct TextSize {
  u32 tokens = 0;  // without the one that ends it
  u32 bytes = 0;   // of the text
  bool operator==(const TextSize&) const = default;
};

class SketchWriter {
 public:
  explicit SketchWriter(const std::filesystem::path& path) : segment_(path) {}
  // In the order of the fragment's blocks. sizes: of each document, when the step makes tokens.
  void add_block(std::string_view sketches, const std::vector<TextSize>& sizes);
  // fragment: the checksum() of the file whose documents they are.
  void commit(u64 fragment);

 private:
  SegmentWriter segment_;
  u64 blocks_ = 0;
};

class SketchReader {
 public:
  // DataError when the file is damaged or no such file.
  explicit SketchReader(const std::filesystem::path& path);
  [[nodiscard]] u64 fragment() const { return fragment_; }
  void sketches(u64 block, std::string& out) const;
  // Of each document.
  void sizes(u64 block, std::vector<TextSize>& out) const;

 private:
  SegmentReader segment_;
  u64 fragment_ = 0;
};

}  // namespace shardmill
