#include "engine/store/segment.hpp"

#include <zstd.h>

#include <algorithm>
#include <utility>

#include "engine/hash/hash.hpp"
#include "engine/store/little_endian.hpp"

namespace shardmill {
namespace {

constexpr std::string_view kMagic{"SHRDSEG\x02", 8};  // the last byte is the version
// Signatures shrink to 4/5, what else is large to little more than half. What is small costs
// little.
constexpr std::size_t kLarge = std::size_t{32} << 10;
constexpr std::size_t kSample = std::size_t{8} << 10;
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
  append_u64(index, section.frames.front().offset);
  append_u64(index, section.frames.size());
  for (const SegmentFrame& frame : section.frames) {
    append_u64(index, frame.stored_bytes);
    append_u64(index, frame.bytes);
    append_u64(index, frame.checksum);
  }
}

// Takes the first n bytes off `rest`; the index is checksummed, so running short is a wrong index.
std::string_view take(std::string_view& rest, std::size_t n, const std::string& path) {
  if (rest.size() < n) damaged(path + ": its index ends in the middle of an entry");
  const std::string_view taken = rest.substr(0, n);
  rest.remove_prefix(n);
  return taken;
}

// A zstd block of 128 KiB takes four bytes at least.
u64 most_bytes(u64 stored) { return (stored / 4 + 1) << 17; }

SegmentSection take_entry(std::string_view& rest, const std::string& path, u64 file_bytes) {
  SegmentSection section;
  const u32 length = load_u32(take(rest, sizeof(u32), path));
  section.name = take(rest, length, path);
  const auto number = [&] { return load_u64(take(rest, sizeof(u64), path)); };
  SegmentFrame frame{.offset = number()};
  const u64 frames = number();
  if (frames == 0) damaged(path + ": its section '" + section.name + "' has no frame");
  for (u64 i = 0; i < frames; ++i) {
    frame.stored_bytes = number();
    frame.bytes = number();
    frame.checksum = number();
    const bool inside =
        frame.offset <= file_bytes && frame.stored_bytes <= file_bytes - frame.offset;
    if (!inside || frame.bytes > most_bytes(frame.stored_bytes)) {
      damaged(path + ": section '" + section.name + "' at offset " + std::to_string(frame.offset) +
              ": has no " + std::to_string(frame.bytes) + " bytes in " +
              std::to_string(frame.stored_bytes));
    }
    section.frames.push_back(frame);
    frame.offset += frame.stored_bytes;
    frame.begin += frame.bytes;
  }
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

std::string_view SegmentWriter::compressed(std::string_view piece) {
  // At once, not as a stream, which would copy everything it is given.
  const std::size_t bound = ZSTD_compressBound(piece.size());
  if (frame_.size() < bound) frame_.resize(bound);
  const std::size_t bytes = checked(
      ZSTD_compress2(context_.get(), frame_.data(), bound, piece.data(), piece.size()), "compress");
  return bytes < piece.size() ? std::string_view(frame_).substr(0, bytes) : piece;
}

void SegmentWriter::add(std::string_view name, std::string_view bytes,
                        std::span<const std::size_t> cuts) {
  if (!by_name_.emplace(name, sections_.size()).second) {
    throw InternalError("segment section '" + std::string(name) + "' is added twice");
  }
  SegmentSection section{std::string(name), {}};
  // Of a large section a sample from the middle says whether it is worth it; not of pieces, each of
  // which may be of another kind.
  const std::string_view sample = bytes.substr(bytes.size() / 2, kSample);
  const bool worth_it =
      !cuts.empty() || bytes.size() < kLarge || compressed(sample).size() < sample.size() / 4 * 3;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= cuts.size(); ++i) {
    const std::size_t end = i < cuts.size() ? cuts[i] : bytes.size();
    if (end < begin || end > bytes.size()) {
      throw InternalError("segment section '" + std::string(name) + "' is cut at " +
                          std::to_string(end) + " after " + std::to_string(begin));
    }
    const std::string_view piece = bytes.substr(begin, end - begin);
    const std::string_view stored = worth_it ? compressed(piece) : piece;
    section.frames.push_back({file_.size(), stored.size(), begin, piece.size(), hash64(piece)});
    file_.write(stored);
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
  checksum_ = hash64(index);
  append_u64(trailer, checksum_);
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
  checksum_ = load_u64(words.substr(16));
  if (hash64(index) != checksum_) {
    damaged(path + ": offset " + std::to_string(index_offset) +
            ": the index does not have its checksum");
  }
  for (std::string_view rest(index); !rest.empty();) {
    sections_.push_back(take_entry(rest, path, size_));
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

void SegmentReader::read_frame(const SegmentSection& section, const SegmentFrame& frame,
                               char* section_bytes) const {
  const auto place = [&] {
    return file_.path().string() + ": section '" + section.name + "' at offset " +
           std::to_string(frame.offset);
  };
  const std::span<char> bytes(section_bytes + frame.begin, frame.bytes);
  if (frame.stored_bytes == frame.bytes) {
    file_.read_exactly(frame.offset, bytes);
  } else {
    if (stored_.size() < frame.stored_bytes) stored_.resize(frame.stored_bytes);
    file_.read_exactly(frame.offset, std::span(stored_).first(frame.stored_bytes));
    const std::size_t got = ZSTD_decompressDCtx(context_.get(), bytes.data(), bytes.size(),
                                                stored_.data(), frame.stored_bytes);
    if (ZSTD_isError(got) != 0) {
      damaged(place() + ": cannot decompress: " + ZSTD_getErrorName(got));
    }
    if (got != frame.bytes) damaged(place() + ": holds " + std::to_string(got) + " bytes");
  }
  if (hash64({bytes.data(), bytes.size()}) != frame.checksum) {
    damaged(place() + ": the bytes do not have their checksum");
  }
}

void SegmentReader::read_into(std::string_view name, std::string& bytes) const {
  const SegmentSection& section = find(name);
  bytes.resize(section.bytes());
  for (const SegmentFrame& frame : section.frames) read_frame(section, frame, bytes.data());
}

void SegmentReader::open(std::string_view name, SectionPieces& out) const {
  out.segment_ = this;
  out.section_ = &find(name);
  out.read_.assign(out.section_->frames.size(), false);
  if (out.bytes_.size() < out.size()) out.bytes_.resize(out.size());
}

std::string_view SectionPieces::get(u64 begin, u64 length) {
  if (begin > size() || length > size() - begin) {
    damaged(segment_->file_.path().string() + ": section '" + section_->name + "' has no bytes " +
            std::to_string(begin) + " to " + std::to_string(begin + length));
  }
  const std::vector<SegmentFrame>& frames = section_->frames;
  const auto after =
      std::upper_bound(frames.begin(), frames.end(), begin,
                       [](u64 at, const SegmentFrame& frame) { return at < frame.begin; });
  for (auto i = static_cast<std::size_t>(after - frames.begin()) - 1;
       i < frames.size() && frames[i].begin < begin + length; ++i) {
    if (read_[i]) continue;
    segment_->read_frame(*section_, frames[i], bytes_.data());
    read_[i] = true;
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
