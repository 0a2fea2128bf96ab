#include "bench/files.hpp"

#include <sys/resource.h>
#include <unistd.h>
#include <zstd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace bench {
namespace {

constexpr std::size_t kWriteBuffer = 1 << 20;

std::string decompressed(const std::string& path, const std::string& raw, std::size_t padding) {
  const std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> context(ZSTD_createDCtx(),
                                                                        ZSTD_freeDCtx);
  std::string out;
  out.resize(raw.size() * 6 + padding);  // documentation shrinks to about a fifth
  ZSTD_inBuffer in{raw.data(), raw.size(), 0};
  std::size_t filled = 0;
  std::size_t left = 0;
  do {
    if (out.size() - filled < ZSTD_DStreamOutSize() + padding)
      out.resize(out.size() * 2 + (1 << 20));
    ZSTD_outBuffer to{out.data() + filled, out.size() - filled - padding, 0};
    left = ZSTD_decompressStream(context.get(), &to, &in);
    if (ZSTD_isError(left) != 0) fail(path + ": " + ZSTD_getErrorName(left));
    filled += to.pos;
    if (in.pos == in.size && to.pos < to.size && left != 0)
      fail(path + ": the last frame is cut off");
  } while (in.pos < in.size || left != 0);
  out.resize(filled);
  return out;
}

}  // namespace

void fail(const std::string& message) {
  std::fprintf(stderr, "%s\n", message.c_str());
  std::exit(1);
}

std::string read_file(const std::string& path, std::size_t padding) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             std::fclose);
  if (!file || std::fseek(file.get(), 0, SEEK_END) != 0) fail(path + ": " + std::strerror(errno));
  const auto size = static_cast<std::size_t>(std::ftell(file.get()));
  std::rewind(file.get());
  std::string content;
  content.reserve(size + padding);
  content.resize(size);
  if (std::fread(content.data(), 1, size, file.get()) != size) fail(path + ": cannot be read");
  if (path.ends_with(".zst")) return decompressed(path, content, padding);
  return content;  // moved, not copied: a copy would lose the room at its end
}

OutputFile::OutputFile(const std::string& path)
    : path_(path), buffer_(new char[kWriteBuffer]), file_(std::fopen(path.c_str(), "wb")) {
  if (!file_) fail(path + ": " + std::strerror(errno));
  std::setvbuf(file_.get(), buffer_.get(), _IOFBF, kWriteBuffer);
}

void OutputFile::write(std::string_view bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size()) {
    fail(path_ + ": " + std::strerror(errno));
  }
  bytes_ += bytes.size();
}

void OutputFile::finish() {
  if (std::fflush(file_.get()) != 0 || fsync(fileno(file_.get())) != 0) {
    fail(path_ + ": " + std::strerror(errno));
  }
  file_.reset();
}

std::size_t peak_memory() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::size_t>(usage.ru_maxrss) * 1024;
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

}  // namespace bench
