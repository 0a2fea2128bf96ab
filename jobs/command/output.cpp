#include "jobs/command/output.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "engine/observe/progress_text.hpp"

namespace shardmill {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBufferBytes = std::size_t{1} << 20;
constexpr int kMostLinks = 40;  // as Linux follows

bool is_open_as(std::FILE* stream, const struct stat& file) {
  struct stat open {};
  return ::fstat(::fileno(stream), &open) == 0 && open.st_dev == file.st_dev &&
         open.st_ino == file.st_ino;
}

// Where a chain of links ends, whether or not a file is there.
fs::path end_of_links(fs::path path) {
  for (int links = 0; links < kMostLinks && fs::is_symlink(path); ++links) {
    path = path.parent_path() / fs::read_symlink(path);
  }
  return path;
}

}  // namespace

Output::Output(const std::string& to) {
  if (to == "-") return;
  struct stat status {};
  if (::stat(to.c_str(), &status) == 0) {
    for (std::FILE* stream : {stdout, stderr}) {
      if (!is_open_as(stream, status)) continue;
      stream_ = stream;
      name_ = to;
      return;
    }
    if (!S_ISREG(status.st_mode)) {
      opened_.reset(std::fopen(to.c_str(), "we"));
      if (!opened_) throw ResourceError(to + ": cannot open: " + std::strerror(errno));
      stream_ = opened_.get();
      name_ = to;
      return;
    }
  }
  file_.emplace(end_of_links(to));
}

void Output::write(std::string_view bytes) {
  if (file_) return file_->write(bytes);
  buffer_.append(bytes);
  if (buffer_.size() >= kBufferBytes) flush();
}

void Output::flush() {
  const bool good = std::fwrite(buffer_.data(), 1, buffer_.size(), stream_) == buffer_.size() &&
                    std::fflush(stream_) == 0;
  buffer_.clear();
  if (!good) throw ResourceError("cannot write to " + name_ + ": " + std::strerror(errno));
}

void Output::finish() {
  if (file_) return file_->commit();
  flush();
}

std::string excerpt(std::string_view text, std::size_t characters) {
  std::string line;
  std::size_t taken = 0;
  for (const char c : text) {
    const bool begins_character = (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
    if (begins_character && ++taken > characters) return printable(line) + "…";
    line += c == '\n' || c == '\t' || c == '\r' ? ' ' : c;
  }
  return printable(line);
}

std::string score_text(u64 numerator, u64 denominator) {
  const u64 hundredths = static_cast<u64>(static_cast<u128>(numerator) * 10'000 / denominator);
  const std::string cents = std::to_string(hundredths % 100);
  return std::to_string(numerator) + "/" + std::to_string(denominator) + " = " +
         std::to_string(hundredths / 100) + "." + (cents.size() < 2 ? "0" : "") + cents + " %";
}

}  // namespace shardmill
