// A committed fragment in the store: its cleaned documents and what was counted.
//
// One segment file, named by fingerprint. Documents lie in blocks (about 1 MiB of text); ids,
// fields and texts are sections of their own, so that deciding never decompresses text. Texts are
// compressed in smaller pieces, so that a few of them do not cost a whole block. What steps note of
// them lies beside it (sketch_file.hpp).
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "engine/batch/batch.hpp"
#include "engine/hash/hash.hpp"
#include "engine/store/segment.hpp"

namespace shardmill {

inline constexpr u32 kNoStep = UINT32_MAX;

// What is known of a document without its text.
struct DocEntry {
  DocKey key;
  u64 place = 0;    // H(seed, id): where it stands in the global shuffle
  u64 bytes = 0;    // id, source, text and the raw fields: what a shard's size is counted by
  u64 content = 0;  // hash of everything published of it; places and splits apart
  u32 first_drop = kNoStep;  // the lowest row step that drops it
  u32 source = 0;
};

// One row step drops one document of a block, or changes its text.
struct RowHit {
  static constexpr u32 kChanged = UINT32_MAX;
  u32 row = 0;
  u32 step = 0;
  u32 reason = 0;  // position in RowOperator::reasons(), or kChanged
};

struct UnreadableRecord {
  u64 ordinal = 0;
  u64 offset = 0;
  std::string reason;
  std::string detail;
};

struct FragmentInfo {
  std::map<u64, u64> documents_of;  // ordinal -> documents, where there are any
  std::map<u64, u64> made_ids;      // ordinal -> documents that came without an id
  u64 raw_bytes = 0;                // read from the file system
  u64 text_bytes = 0;               // of the documents, as read
  std::vector<UnreadableRecord> unreadable;
  std::map<std::string, u64> seen;  // column name -> SeenKind bits
  // Column of vectors -> ordinal of each file that gives any -> numbers in each of them.
  std::map<std::string, std::map<u64, u64>> dimensions;
  std::vector<Hash128> removed;         // ids of documents of which it keeps nothing, by exclude
  std::map<u64, std::string> failures;  // ordinal -> why a file could not be read: it gives nothing
  std::set<u64> gone;                   // ordinals of files that were no more when it was read
};

class FragmentWriter {
 public:
  explicit FragmentWriter(const std::filesystem::path& path);
  // texts: step -> text column as that step saw it, for steps whose text a later step may change.
  void add_block(const std::vector<DocEntry>& entries, const std::vector<RowHit>& hits,
                 const Batch& batch, const std::map<u32, TextColumn>& texts);
  // Returns the checksum() of the file.
  u64 commit(const FragmentInfo& info);

 private:
  void add_texts(const std::string& section, const TextColumn& texts);
  SegmentWriter segment_;
  u64 blocks_ = 0;
  std::string bytes_;
};

// The texts of a block, decompressed when somebody asks for them, 32 KiB or one of them at once.
class BlockTexts {
 public:
  [[nodiscard]] std::size_t size() const { return begins_.size() - 1; }
  void clear() { begins_.assign(1, 0); }
  // Valid until another block's are read.
  [[nodiscard]] std::string_view operator[](std::size_t row) {
    return section_.get(begins_[row], begins_[row + 1] - begins_[row]);
  }

 private:
  friend class FragmentReader;
  SectionPieces section_;
  std::vector<u64> begins_ = {0};  // in the section; and where the last one ends
};

class FragmentReader {
 public:
  explicit FragmentReader(const std::filesystem::path& path);
  [[nodiscard]] const FragmentInfo& info() const { return info_; }
  [[nodiscard]] u64 blocks() const { return blocks_; }
  // Of all that the file holds.
  [[nodiscard]] u64 checksum() const { return segment_.checksum(); }
  void entries(u64 block, std::vector<DocEntry>& out) const;
  void hits(u64 block, std::vector<RowHit>& out) const;
  void ids(u64 block, TextColumn& out) const;
  void fields(u64 block, std::vector<Field>& out) const;
  // As they are published. The reader must outlive them, where it is.
  void texts(u64 block, BlockTexts& out) const;
  // As `step` saw them.
  void texts_at(u64 block, u32 step, BlockTexts& out) const;

 private:
  void read_texts(const std::string& section, BlockTexts& out) const;
  SegmentReader segment_;
  FragmentInfo info_;
  u64 blocks_ = 0;
};

}  // namespace shardmill
