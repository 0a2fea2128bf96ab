#include "jobs/command/output.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "engine/observe/progress_text.hpp"

namespace shardmill {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{1} << 20;

}  // namespace

Output::Output(const std::string& to) {
  if (to != "-") file_.emplace(to);
}

void Output::write(std::string_view bytes) {
  if (file_) return file_->write(bytes);
  buffer_.append(bytes);
  if (buffer_.size() >= kBufferBytes) flush();
}

void Output::flush() {
  const bool good = std::fwrite(buffer_.data(), 1, buffer_.size(), stdout) == buffer_.size() &&
                    std::fflush(stdout) == 0;
  buffer_.clear();
  if (!good) throw ResourceError(std::string("cannot write to stdout: ") + std::strerror(errno));
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
