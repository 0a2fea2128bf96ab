#include "engine/store/segment.hpp"

#include <zstd.h>

#include <algorithm>
#include <utility>

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
  checked(ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1), "make checksums");
  file_.write(kMagic);
}

SegmentWriter::~SegmentWriter() = default;

void SegmentWriter::add(std::string_view name, std::string_view bytes,
                        std::span<const std::size_t> cuts) {
  if (!by_name_.emplace(name, sections_.size()).second) {
    throw InternalError("segment section '" + std::string(name) + "' is added twice");
  }
  SegmentSection section{std::string(name), file_.size(), 0, bytes.size(), hash64(bytes)};
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= cuts.size(); ++i) {
    const std::size_t end = i < cuts.size() ? cuts[i] : bytes.size();
    const std::string_view piece = bytes.substr(begin, end - begin);
    // At once, not as a stream, which would copy everything it is given.
    const std::size_t bound = ZSTD_compressBound(piece.size());
    if (frame_.size() < bound) frame_.resize(bound);
    const std::size_t stored =
        checked(ZSTD_compress2(context_.get(), frame_.data(), bound, piece.data(), piece.size()),
                "compress");
    file_.write({frame_.data(), stored});
    section.stored_bytes += stored;
    begin = end;
  }
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

std::string SegmentReader::place(const SegmentSection& section) const {
  return file_.path().string() + ": section '" + section.name + "' at offset " +
         std::to_string(section.offset);
}

void SegmentReader::read_stored(const SegmentSection& section, std::string& stored) const {
  if (section.offset > size_ || section.stored_bytes > size_ - section.offset) {
    damaged(place(section) + ": its " + std::to_string(section.stored_bytes) +
            " bytes are not in the file");
  }
  if (stored.size() < section.stored_bytes) stored.resize(section.stored_bytes);
  file_.read_exactly(section.offset, std::span(stored).first(section.stored_bytes));
}

void SegmentReader::list_frames(const SegmentSection& section, std::string_view stored,
                                std::vector<SectionPieces::Frame>& frames) const {
  frames.clear();
  u64 begin = 0;
  const u64 all = stored.size();
  while (!stored.empty()) {
    const std::size_t size = ZSTD_findFrameCompressedSize(stored.data(), stored.size());
    const u64 bytes = ZSTD_getFrameContentSize(stored.data(), stored.size());
    // Also what zstd says for a size that it does not know.
    if (ZSTD_isError(size) != 0 || bytes > section.bytes - begin) break;
    frames.push_back({all - stored.size(), begin});
    stored.remove_prefix(size);
    begin += bytes;
  }
  if (!stored.empty() || begin != section.bytes) {
    damaged(place(section) + ": holds other than its " + std::to_string(section.bytes) + " bytes");
  }
  frames.push_back({all, begin});
}

void SegmentReader::decompress(const SegmentSection& section, std::string_view stored, char* out,
                               u64 bytes) const {
  const std::size_t got =
      ZSTD_decompressDCtx(context_.get(), out, bytes, stored.data(), stored.size());
  if (ZSTD_isError(got) != 0) {
    damaged(place(section) + ": cannot decompress: " + ZSTD_getErrorName(got));
  }
}

void SegmentReader::read_into(std::string_view name, std::string& bytes) const {
  const SegmentSection& section = find(name);
  read_stored(section, stored_);
  const std::string_view stored = std::string_view(stored_).substr(0, section.stored_bytes);
  list_frames(section, stored, frames_);
  bytes.resize(section.bytes);
  decompress(section, stored, bytes.data(), bytes.size());
  if (hash64(bytes) != section.checksum) {
    damaged(place(section) + ": the bytes do not have their checksum");
  }
}

void SegmentReader::open(std::string_view name, SectionPieces& out) const {
  const SegmentSection& section = find(name);
  out.segment_ = this;
  out.section_ = &section;
  read_stored(section, out.stored_);
  list_frames(section, std::string_view(out.stored_).substr(0, section.stored_bytes), out.frames_);
  if (out.bytes_.size() < section.bytes) out.bytes_.resize(section.bytes);
}

std::string_view SectionPieces::get(u64 begin, u64 length) {
  if (begin > size() || length > size() - begin) {
    damaged(segment_->place(*section_) + ": has no bytes " + std::to_string(begin) + " to " +
            std::to_string(begin + length));
  }
  if (length == 0) return {};
  const auto after = std::upper_bound(frames_.begin(), frames_.end() - 1, begin,
                                      [](u64 at, const Frame& frame) { return at < frame.begin; });
  for (auto frame = after - 1; frame->begin < begin + length; ++frame) {
    if (std::exchange(frame->read, true)) continue;
    const auto next = frame + 1;
    segment_->decompress(
        *section_, std::string_view(stored_).substr(frame->stored, next->stored - frame->stored),
        bytes_.data() + frame->begin, next->begin - frame->begin);
  }
  return std::string_view(bytes_).substr(begin, length);
}

std::vector<std::string> SegmentReader::names() const {
  std::vector<std::string> names;
  names.reserve(sections_.size());
  for (const SegmentSection& section : sections_) names.push_back(section.name);
  return names;
}

}  // namespace shardmill
