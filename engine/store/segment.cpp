#include "engine/store/segment.hpp"

#include <zstd.h>

#include "engine/hash/hash.hpp"
#include "engine/store/little_endian.hpp"

namespace shardmill {
namespace {

constexpr std::string_view kMagic{"SHRDSEG\x01", 8};  // the last byte is the version
constexpr std::size_t kTrailerBytes = 3 * sizeof(u64) + kMagic.size();

[[noreturn]] void damaged(const std::string& what) {
  throw DataError(what + "; remove the file, and the same command makes it again");
}

std::size_t checked(std::size_t result, const std::string& doing) {
  if (ZSTD_isError(result) != 0) {
    throw InternalError("zstd cannot " + doing + ": " + ZSTD_getErrorName(result));
  }
  return result;
}

void append_entry(std::string& index, const SegmentSection& section) {
  append_u32(index, narrow<u32>(section.name.size()));
  index += section.name;
  append_u64(index, section.offset);
  append_u64(index, section.stored_bytes);
  append_u64(index, section.bytes);
  append_u64(index, section.checksum);
}

// Takes the first n bytes off `rest`; the index is checksummed, so running short is a wrong index.
std::string_view take(std::string_view& rest, std::size_t n, const std::string& path) {
  if (rest.size() < n) damaged(path + ": its index ends in the middle of an entry");
  const std::string_view taken = rest.substr(0, n);
  rest.remove_prefix(n);
  return taken;
}

SegmentSection take_entry(std::string_view& rest, const std::string& path) {
  SegmentSection section;
  const u32 length = load_u32(take(rest, sizeof(u32), path));
  section.name = take(rest, length, path);
  section.offset = load_u64(take(rest, sizeof(u64), path));
  section.stored_bytes = load_u64(take(rest, sizeof(u64), path));
  section.bytes = load_u64(take(rest, sizeof(u64), path));
  section.checksum = load_u64(take(rest, sizeof(u64), path));
  return section;
}

}  // namespace

void SegmentWriter::FreeContext::operator()(ZSTD_CCtx_s* context) const { ZSTD_freeCCtx(context); }
void SegmentReader::FreeContext::operator()(ZSTD_DCtx_s* context) const { ZSTD_freeDCtx(context); }

SegmentWriter::SegmentWriter(const std::filesystem::path& path, int level)
    : file_(path), context_(ZSTD_createCCtx()) {
  if (context_ == nullptr) throw ResourceError(path.string() + ": no memory for zstd");
  checked(ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, level), "set its level");
  file_.write(kMagic);
}

SegmentWriter::~SegmentWriter() = default;

void SegmentWriter::add(std::string_view name, std::string_view bytes) {
  if (!by_name_.emplace(name, sections_.size()).second) {
    throw InternalError("segment section '" + std::string(name) + "' is added twice");
  }
  SegmentSection section{std::string(name), file_.size(), 0, bytes.size(), hash64(bytes)};
  // At once, not as a stream, which would copy everything it is given.
  const std::size_t bound = ZSTD_compressBound(bytes.size());
  if (frame_.size() < bound) frame_.resize(bound);
  section.stored_bytes = checked(
      ZSTD_compress2(context_.get(), frame_.data(), bound, bytes.data(), bytes.size()), "compress");
  file_.write({frame_.data(), section.stored_bytes});
  sections_.push_back(std::move(section));
}

u64 SegmentWriter::commit() {
  std::string index;
  for (const SegmentSection& section : sections_) append_entry(index, section);
  const u64 index_offset = file_.size();
  file_.write(index);
  std::string trailer;
  append_u64(trailer, index_offset);
  append_u64(trailer, index.size());
  append_u64(trailer, hash64(index));
  trailer += kMagic;
  file_.write(trailer);
  const u64 bytes = file_.size();
  file_.commit();
  return bytes;
}

SegmentReader::SegmentReader(const std::filesystem::path& path)
    : file_(File::open_read(path)), size_(file_.size()), context_(ZSTD_createDCtx()) {
  if (context_ == nullptr) throw ResourceError(path.string() + ": no memory for zstd");
  read_index();
}

SegmentReader::~SegmentReader() = default;

void SegmentReader::read_index() {
  const std::string path = file_.path().string();
  if (size_ < kMagic.size() + kTrailerBytes) {
    damaged(path + ": " + std::to_string(size_) + " bytes are too few for a segment");
  }
  std::string magic(kMagic.size(), '\0');
  file_.read_exactly(0, magic);
  if (magic != kMagic) damaged(path + ": offset 0: this is no segment of our version");
  std::string trailer(kTrailerBytes, '\0');
  file_.read_exactly(size_ - kTrailerBytes, trailer);
  const std::string_view words(trailer);
  if (words.substr(3 * sizeof(u64)) != kMagic) {
    damaged(path + ": offset " + std::to_string(size_ - kMagic.size()) +
            ": the segment's end is missing; the file is cut short or damaged");
  }
  const u64 index_offset = load_u64(words);
  const u64 index_bytes = load_u64(words.substr(8));
  const u64 index_end = size_ - kTrailerBytes;
  if (index_offset > index_end || index_bytes != index_end - index_offset) {
    damaged(path + ": its index of " + std::to_string(index_bytes) + " bytes at offset " +
            std::to_string(index_offset) + " does not end at " + std::to_string(index_end));
  }
  std::string index(index_bytes, '\0');
  file_.read_exactly(index_offset, index);
  if (hash64(index) != load_u64(words.substr(16))) {
    damaged(path + ": offset " + std::to_string(index_offset) +
            ": the index does not have its checksum");
  }
  for (std::string_view rest(index); !rest.empty();) {
    sections_.push_back(take_entry(rest, path));
    by_name_.emplace(sections_.back().name, sections_.size() - 1);
  }
}

const SegmentSection& SegmentReader::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) {
    damaged(file_.path().string() + ": has no section '" + std::string(name) + "'");
  }
  return sections_[found->second];
}

std::string SegmentReader::read(std::string_view name) const {
  std::string bytes;
  read_into(name, bytes);
  return bytes;
}

void SegmentReader::read_into(std::string_view name, std::string& bytes) const {
  const SegmentSection& section = find(name);
  const std::string place = file_.path().string() + ": section '" + section.name + "' at offset " +
                            std::to_string(section.offset);
  if (section.offset > size_ || section.stored_bytes > size_ - section.offset) {
    damaged(place + ": its " + std::to_string(section.stored_bytes) + " bytes are not in the file");
  }
  std::string stored(section.stored_bytes, '\0');
  file_.read_exactly(section.offset, stored);
  constexpr u64 kLargest = u64{1} << 47;  // no memory is larger: also what zstd says for unknown
  if (section.bytes > kLargest ||
      ZSTD_getFrameContentSize(stored.data(), stored.size()) != section.bytes) {
    damaged(place + ": holds other than its " + std::to_string(section.bytes) + " bytes");
  }
  bytes.resize(section.bytes);
  const std::size_t got =
      ZSTD_decompressDCtx(context_.get(), bytes.data(), bytes.size(), stored.data(), stored.size());
  if (ZSTD_isError(got) != 0) {
    damaged(place + ": cannot decompress: " + ZSTD_getErrorName(got));
  }
  if (got != section.bytes || hash64(bytes) != section.checksum) {
    damaged(place + ": the bytes do not have their checksum");
  }
}

std::vector<std::string> SegmentReader::names() const {
  std::vector<std::string> names;
  names.reserve(sections_.size());
  for (const SegmentSection& section : sections_) names.push_back(section.name);
  return names;
}

}  // namespace shardmill
