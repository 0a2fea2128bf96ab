#include "engine/store/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "engine/store/write_failure.hpp"

namespace shardmill {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBufferBytes = 256 * 1024;  // few system calls, still inside L2

std::string reason(int error) { return std::strerror(error); }

[[noreturn]] void fail_writing(const fs::path& path, const std::string& doing, int error) {
  throw ResourceError(path.string() + ": cannot " + doing + ": " + write_failure(error));
}

int open_descriptor(const fs::path& path, int flags) {
  for (;;) {
    const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC, 0666);
    if (descriptor >= 0 || errno != EINTR) return descriptor;
  }
}

fs::path folder_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

bool cannot_link(int error) {
  return error == EXDEV || error == EPERM || error == EMLINK || error == EOPNOTSUPP ||
         error == ENOSYS;
}

void copy_durably(const fs::path& from, const fs::path& to) {
  const File source = File::open_read(from);
  CommittedFile target(to);
  std::vector<char> buffer(kBufferBytes);
  for (u64 offset = 0;;) {
    const std::size_t got = source.read_at(offset, buffer);
    if (got == 0) break;
    target.write({buffer.data(), got});
    offset += got;
  }
  target.commit();
}

}  // namespace

File::File(File&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      position_(other.position_),
      path_(std::move(other.path_)) {}

File& File::operator=(File&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(position_, other.position_);
  std::swap(path_, other.path_);
  return *this;
}

File::~File() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

File File::open_read(const fs::path& path) {
  const int descriptor = open_descriptor(path, O_RDONLY);
  if (descriptor < 0) {
    const int error = errno;
    throw DataError(path.string() + ": cannot open: " + reason(error));
  }
  return {descriptor, path};
}

File File::create(const fs::path& path) {
  const int descriptor = open_descriptor(path, O_RDWR | O_CREAT | O_TRUNC);
  if (descriptor < 0) fail_writing(path, "create", errno);
  return {descriptor, path};
}

u64 File::size() const {
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0) {
    const int error = errno;
    throw DataError(path_.string() + ": cannot ask its size: " + reason(error));
  }
  return narrow<u64>(status.st_size);
}

std::size_t File::read_at(u64 offset, std::span<char> into) const {
  std::size_t done = 0;
  while (done < into.size()) {
    const ssize_t got =
        ::pread(descriptor_, into.data() + done, into.size() - done, narrow<off_t>(offset + done));
    if (got == 0) break;
    if (got < 0) {
      const int error = errno;
      if (error == EINTR) continue;
      throw DataError(path_.string() + ": offset " + std::to_string(offset + done) +
                      ": cannot read: " + reason(error));
    }
    done += static_cast<std::size_t>(got);
  }
  return done;
}

void File::read_exactly(u64 offset, std::span<char> into) const {
  const std::size_t got = read_at(offset, into);
  if (got != into.size()) {
    throw DataError(path_.string() + ": offset " + std::to_string(offset) + ": expected " +
                    std::to_string(into.size()) + " bytes, but the file ends after " +
                    std::to_string(got) + " of them");
  }
}

void File::write_at(u64 offset, std::string_view bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t put = ::pwrite(descriptor_, bytes.data() + done, bytes.size() - done,
                                 narrow<off_t>(offset + done));
    if (put < 0) {
      const int error = errno;
      if (error == EINTR) continue;
      fail_writing(path_,
                   "write " + std::to_string(bytes.size()) + " bytes at offset " +
                       std::to_string(offset) + " (" + std::to_string(done) + " written)",
                   error);
    }
    done += static_cast<std::size_t>(put);
  }
}

void File::append(std::string_view bytes) {
  write_at(position_, bytes);
  position_ += bytes.size();
}

void File::start_writeback() {
  // A hint only: file systems that do not know it lose nothing, so its answer does not matter.
  (void)::sync_file_range(descriptor_, 0, 0, SYNC_FILE_RANGE_WRITE);
}

void File::sync() {
  while (::fsync(descriptor_) != 0) {
    if (errno != EINTR) fail_writing(path_, "fsync", errno);
  }
}

void File::close() {
  if (descriptor_ < 0) return;
  // Linux frees the descriptor even when close() fails: never try twice.
  if (::close(std::exchange(descriptor_, -1)) != 0 && errno != EINTR) {
    fail_writing(path_, "close", errno);
  }
}

CommittedFile::CommittedFile(fs::path final_path) : final_path_(std::move(final_path)) {
  const fs::path folder = folder_of(final_path_);
  const std::string stem =
      "." + final_path_.filename().string() + ".tmp-" + std::to_string(::getpid()) + "-";
  // O_EXCL: another host may use the same process number in the same folder.
  for (u64 n = 0;; ++n) {
    temporary_path_ = folder / (stem + std::to_string(n));
    const int descriptor = open_descriptor(temporary_path_, O_RDWR | O_CREAT | O_EXCL);
    if (descriptor >= 0) {
      file_ = File(descriptor, final_path_);
      return;
    }
    if (errno != EEXIST) fail_writing(final_path_, "create", errno);
  }
}

CommittedFile::~CommittedFile() {
  if (!committed_) ::unlink(temporary_path_.c_str());
}

void CommittedFile::write(std::string_view bytes) {
  if (buffer_.size() + bytes.size() > kBufferBytes) flush();
  if (bytes.size() >= kBufferBytes) {
    file_.append(bytes);
  } else {
    buffer_.append(bytes);
  }
}

void CommittedFile::flush() {
  file_.append(buffer_);
  buffer_.clear();
}

void CommittedFile::commit() {
  if (committed_) throw InternalError(final_path_.string() + " is committed twice");
  flush();
  file_.sync();
  file_.close();
  if (::rename(temporary_path_.c_str(), final_path_.c_str()) != 0) {
    fail_writing(final_path_, "rename to", errno);
  }
  committed_ = true;
  fsync_directory(folder_of(final_path_));
}

std::string read_whole_file(const fs::path& path) {
  const File file = File::open_read(path);
  std::string bytes(file.size(), '\0');
  std::size_t filled = file.read_at(0, bytes);
  // Files of /proc have no size, and a growing file may have more than it had: read to the end.
  for (;;) {
    if (filled < bytes.size()) break;
    bytes.resize(bytes.size() + 4096);
    filled += file.read_at(filled, std::span(bytes).subspan(filled));
  }
  bytes.resize(filled);
  return bytes;
}

void write_file_atomically(const fs::path& path, std::string_view bytes) {
  CommittedFile file(path);
  file.write(bytes);
  file.commit();
}

void reserve_space(const fs::path& path, u64 bytes) {
  const int descriptor = open_descriptor(path, O_RDWR);
  if (descriptor < 0) fail_writing(path, "open", errno);
  int error = 0;
  while (::fallocate(descriptor, FALLOC_FL_KEEP_SIZE, 0, narrow<off_t>(bytes)) != 0) {
    error = errno;
    if (error != EINTR) break;
    error = 0;
  }
  ::close(descriptor);
  if (error != 0 && error != EOPNOTSUPP && error != ENOSYS) {
    fail_writing(path, "set aside " + std::to_string(bytes) + " bytes", error);
  }
}

void fsync_directory(const fs::path& directory) {
  const int descriptor = open_descriptor(directory, O_RDONLY | O_DIRECTORY);
  if (descriptor < 0) fail_writing(directory, "open", errno);
  int error = 0;
  while (::fsync(descriptor) != 0) {
    error = errno;
    if (error != EINTR) break;
    error = 0;
  }
  ::close(descriptor);
  // EINVAL: a file system without durable directories; there is nothing to wait for.
  if (error != 0 && error != EINVAL) fail_writing(directory, "fsync", error);
}

void hard_link_or_copy(const fs::path& from, const fs::path& to) {
  for (;;) {
    if (::link(from.c_str(), to.c_str()) == 0) return;
    const int error = errno;
    if (error == EEXIST) {
      if (fs::equivalent(from, to)) return;
      if (::unlink(to.c_str()) != 0) fail_writing(to, "replace", errno);
    } else if (cannot_link(error)) {
      copy_durably(from, to);
      return;
    } else if (error == ENOENT && !fs::exists(from)) {
      throw DataError(from.string() + ": cannot open: " + reason(error));
    } else {
      fail_writing(to, "link " + from.string() + " to it", error);
    }
  }
}

}  // namespace shardmill
