// A file of named sections, each compressed and checksummed: how the store keeps what a fragment
// gave.
//
//   magic+version | zstd frame | zstd frame | … | index | index offset, size, XXH3-64 |
//   magic+version
//
// All integers little-endian. A section is one frame or several in a row. An index entry is the
// name's length (u32) and bytes, the first frame's offset and the number of frames (u64), and of
// each of them its stored bytes, and the bytes and the XXH3-64 of what is in it (u64). One with as
// many stored bytes as bytes is not compressed.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/types.hpp"
#include "engine/store/file.hpp"

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

namespace shardmill {

struct SegmentFrame {
  u64 offset = 0;        // in the file
  u64 stored_bytes = 0;  // compressed, unless as many as bytes
  u64 begin = 0;         // in the section
  u64 bytes = 0;
  u64 checksum = 0;  // XXH3-64 of the bytes
};

struct SegmentSection {
  std::string name;
  std::vector<SegmentFrame> frames;  // one at least
  [[nodiscard]] u64 bytes() const { return frames.back().begin + frames.back().bytes; }
};

// Writes a segment; nothing appears under its name before commit(). One thread.
class SegmentWriter {
 public:
  // level: zstd's, 1 (fast) to 19.
  explicit SegmentWriter(const std::filesystem::path& path, int level = 1);
  SegmentWriter(const SegmentWriter&) = delete;
  SegmentWriter& operator=(const SegmentWriter&) = delete;
  ~SegmentWriter();

  // Sections are meant to be some MiB at most: a reader keeps each in memory, and a writer the room
  // that the largest took compressed. A name used twice is an InternalError; a full disk a
  // ResourceError. cuts: ascending positions between the first byte and the last; a frame begins at
  // each, which SectionPieces reads without the others. A section without cuts that zstd makes
  // hardly smaller is stored as it is: signatures are read faster than their room is worth.
  void add(std::string_view name, std::string_view bytes, std::span<const std::size_t> cuts = {});
  // Writes the index and makes the segment durable under its name; returns the file's bytes.
  u64 commit();
  // After commit(): SegmentReader::checksum() of the file.
  [[nodiscard]] u64 checksum() const { return checksum_; }

 private:
  CommittedFile file_;
  struct FreeContext {
    void operator()(ZSTD_CCtx_s* context) const;
  };
  std::unique_ptr<ZSTD_CCtx_s, FreeContext> context_;
  std::vector<SegmentSection> sections_;
  std::map<std::string, std::size_t, std::less<>> by_name_;
  // What to write for a piece; valid until the next call.
  [[nodiscard]] std::string_view compressed(std::string_view piece);
  std::string frame_;  // a compressed piece on its way out
  u64 checksum_ = 0;
};

class SegmentReader;

// A section whose frames are decompressed when somebody asks for what is in them.
class SectionPieces {
 public:
  [[nodiscard]] u64 size() const { return section_->bytes(); }
  // Valid until another section is opened. Bytes that are damaged, or not there, are a DataError.
  [[nodiscard]] std::string_view get(u64 begin, u64 length);

 private:
  friend class SegmentReader;
  const SegmentReader* segment_ = nullptr;
  const SegmentSection* section_ = nullptr;
  std::vector<bool> read_;  // by frame
  std::string bytes_;       // of frames that are read; may be longer than the section
};

// Reads a segment. A file that is no segment, is cut short or has changed is a DataError that names
// the file (and the section). One thread.
class SegmentReader {
 public:
  explicit SegmentReader(const std::filesystem::path& path);
  SegmentReader(SegmentReader&&) noexcept = default;
  SegmentReader& operator=(SegmentReader&&) noexcept = default;
  ~SegmentReader();

  [[nodiscard]] bool has(std::string_view name) const { return by_name_.contains(name); }
  // The section, checked against its checksum. A missing one is a DataError.
  [[nodiscard]] std::string read(std::string_view name) const;
  // As read(), into a string whose memory is used again.
  void read_into(std::string_view name, std::string& bytes) const;
  // A section piece by piece, whose memory is used again. This reader must outlive it, where it is.
  void open(std::string_view name, SectionPieces& out) const;
  // In the order they were added.
  [[nodiscard]] std::vector<std::string> names() const;
  // Bytes of one section, uncompressed.
  [[nodiscard]] u64 section_bytes(std::string_view name) const { return find(name).bytes(); }
  // Bytes of the file.
  [[nodiscard]] u64 size() const { return size_; }
  // XXH3-64 of the index, which has the checksums of all sections: what the file holds.
  [[nodiscard]] u64 checksum() const { return checksum_; }

 private:
  friend class SectionPieces;
  [[nodiscard]] const SegmentSection& find(std::string_view name) const;
  void read_index();
  // Puts the frame's bytes where they belong in those of its section.
  void read_frame(const SegmentSection& section, const SegmentFrame& frame,
                  char* section_bytes) const;
  File file_;
  u64 size_ = 0;
  u64 checksum_ = 0;
  struct FreeContext {
    void operator()(ZSTD_DCtx_s* context) const;
  };
  std::unique_ptr<ZSTD_DCtx_s, FreeContext> context_;
  std::vector<SegmentSection> sections_;
  std::map<std::string, std::size_t, std::less<>> by_name_;
  mutable std::string stored_;  // of the frame at hand; may be longer
};

}  // namespace shardmill
