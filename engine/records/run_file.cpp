#include "engine/records/run_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "cluster/scratch_space.hpp"
#include "cluster/watchdog.hpp"
#include "engine/hash/hash.hpp"
#include "engine/records/memory_plan.hpp"

namespace shardmill {
namespace {

struct BlockHeader {
  static constexpr u64 kMagic = 0x4b434c42'4c4d4853;  // "SHMLBLCK"
  u64 magic = kMagic;
  u64 checksum = 0;  // XXH3-64 of the payload, seeded with its offset in the file
  u64 payload_bytes = 0;
};

u64 checksum_of(std::span<const std::byte> rows, u64 offset) {
  return hash64({reinterpret_cast<const char*>(rows.data()), rows.size()}, offset);
}

// Names of steps come from job files; a file name takes letters, digits and . - _ of them.
std::string as_file_name(const std::string& name) {
  std::string clean = name;
  for (char& c : clean) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '.' || c == '-';
    if (!plain) c = '_';
  }
  return clean.substr(0, 120);
}

}  // namespace

RunFile::RunFile(ScratchSpace* space, const std::string& name, Watchdog* watchdog)
    : space_(space), name_(as_file_name(name)), watchdog_(watchdog) {}

RunFile::RunFile(RunFile&& other) noexcept { *this = std::move(other); }

RunFile& RunFile::operator=(RunFile&& other) noexcept {
  std::swap(space_, other.space_);
  std::swap(name_, other.name_);
  std::swap(watchdog_, other.watchdog_);
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(end_, other.end_);
  std::swap(held_, other.held_);
  return *this;
}

RunFile::~RunFile() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  ::unlink(path_.c_str());
  space_->give_back(held_);
}

void RunFile::fail(const std::string& what, u64 offset) const {
  throw ResourceError("scratch file " + (path_.empty() ? space_->folder / name_ : path_).string() +
                      " at offset " + std::to_string(offset) + ": " + what);
}

void RunFile::open() {
  std::string name = (space_->folder / (name_ + ".XXXXXX")).string();
  descriptor_ = ::mkostemp(name.data(), O_CLOEXEC);
  if (descriptor_ < 0) {
    fail(std::string("cannot be made: ") + std::strerror(errno) +
             "; --scratch must name a folder that this rank can write to",
         0);
  }
  path_ = name;
}

void RunFile::write_block(std::span<const std::byte> rows) {
  if (descriptor_ < 0) open();
  BlockHeader header;
  header.checksum = checksum_of(rows, end_);
  header.payload_bytes = rows.size();
  const u64 total = sizeof header + rows.size();
  space_->take(total, path_);
  held_ += total;
  u64 written = 0;
  while (written < total) {
    std::array<iovec, 2> pieces{};
    int count = 0;
    if (written < sizeof header) {
      pieces[0] = {reinterpret_cast<char*>(&header) + written, sizeof header - written};
      count = 1;
    }
    const u64 skip = written - std::min<u64>(written, sizeof header);
    pieces[static_cast<std::size_t>(count)] = {const_cast<std::byte*>(rows.data()) + skip,
                                               rows.size() - skip};
    ++count;
    const ssize_t n =
        ::pwritev(descriptor_, pieces.data(), count, static_cast<off_t>(end_ + written));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && (errno == ENOSPC || errno == EDQUOT)) {
      throw ResourceError("scratch folder " + space_->folder.string() +
                          " is full: " + path_.string() + " holds " + std::to_string(end_) +
                          " bytes and needs " + std::to_string(total - written) +
                          " more; free some space or name another folder with --scratch");
    }
    if (n <= 0) fail(std::string("cannot be written: ") + std::strerror(errno), end_ + written);
    written += static_cast<u64>(n);
  }
  end_ += total;
  watchdog_->progress();
}

u64 RunFile::read_block(u64 offset, std::vector<std::byte>& rows) const {
  const auto read_exactly = [&](void* into, std::size_t bytes, u64 at) {
    std::size_t got = 0;
    while (got < bytes) {
      const ssize_t n = ::pread(descriptor_, static_cast<char*>(into) + got, bytes - got,
                                static_cast<off_t>(at + got));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) fail(std::string("cannot be read: ") + std::strerror(errno), at + got);
      if (n == 0) fail("ends early; its disk lost what was written", at + got);
      got += static_cast<std::size_t>(n);
    }
  };
  BlockHeader header;
  read_exactly(&header, sizeof header, offset);
  if (header.magic != BlockHeader::kMagic || header.payload_bytes > end_ - offset - sizeof header) {
    fail("damaged: no block begins here", offset);
  }
  rows.resize(header.payload_bytes);
  read_exactly(rows.data(), rows.size(), offset + sizeof header);
  const u64 checksum = checksum_of(rows, offset);
  if (checksum != header.checksum) {
    fail("damaged: checksum " + std::to_string(header.checksum) + " was written, " +
             std::to_string(checksum) + " read; check the disk of --scratch",
         offset);
  }
  watchdog_->progress();
  return offset + sizeof header + rows.size();
}

void RunFile::discard(const Run& run) {
  // File systems without holes keep the space until the file goes.
  const u64 bytes = run.end - run.begin;
  if (::fallocate(descriptor_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                  static_cast<off_t>(run.begin), static_cast<off_t>(bytes)) != 0) {
    return;
  }
  held_ -= bytes;
  space_->give_back(bytes);
}

RunWriter::RunWriter(RunFile& file, std::size_t block_bytes)
    : file_(file), block_bytes_(block_bytes), begin_(file.end()) {
  block_.reserve(block_bytes);
}

void RunWriter::append(std::span<const std::byte> rows) {
  if (!block_.empty() && block_.size() + rows.size() > block_bytes_) {
    file_.write_block(block_);
    block_.clear();
  }
  if (rows.size() >= block_bytes_) {
    file_.write_block(rows);
  } else {
    block_.insert(block_.end(), rows.begin(), rows.end());
  }
}

Run RunWriter::finish() {
  if (!block_.empty()) file_.write_block(block_);
  release(block_);
  return {begin_, file_.end()};
}

std::span<const std::byte> RunReader::next() {
  if (run_.begin >= run_.end) {
    release(block_);
    return {};
  }
  // A block is as large as its one row at least. What a large row took is given back at once: a
  // merge has a reader for each run, and sooner or later most have met one.
  if (block_.capacity() > MemoryPlan::kLargestBlock) release(block_);
  run_.begin = file_->read_block(run_.begin, block_);
  return block_;
}

}  // namespace shardmill
