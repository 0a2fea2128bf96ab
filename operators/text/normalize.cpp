#include "operators/text/normalize.hpp"

#include <algorithm>

#include "operators/text/byte_kernels.hpp"
#include "operators/text/unicode.hpp"
#include "operators/text/utf8.hpp"

namespace shardmill {
namespace {

unsigned char byte_at(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

// How many bytes at the start are NFC for certain, and independent of what follows but for its last
// code point: code points below U+0300, and the punctuation U+2002-203F. (UAX 15, section 1.)
std::size_t plainly_composed(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const unsigned char byte = byte_at(text, at);
    if (byte < 0xcc) {
      ++at;
    } else if (byte == 0xe2 && byte_at(text, at + 1) == 0x80 && byte_at(text, at + 2) >= 0x82) {
      at += 3;
    } else {
      break;
    }
  }
  return at;
}

void remove_control(std::string_view text, std::string& out) {
  out.resize(text.size());
  char* to = out.data();
  for (std::size_t at = 0; at < text.size(); ++at) {
    const unsigned char byte = byte_at(text, at);
    if (byte == 0xc2 && byte_at(text, at + 1) < 0xa0) {  // U+0080-009F
      ++at;
      continue;
    }
    *to = text[at];
    to += static_cast<int>((byte >= 0x20 && byte != 0x7f) || byte == '\n' || byte == '\t');
  }
  out.resize(static_cast<std::size_t>(to - out.data()));
}

// Bytes of the blank at `at`; 0 when there is none.
std::size_t blank_length(std::string_view text, std::size_t at) {
  const unsigned char byte = byte_at(text, at);
  if (byte < 0x80) return byte == ' ' || byte == '\t' ? 1 : 0;
  if (byte != 0xc2 && (byte < 0xe1 || byte > 0xe3)) return 0;
  const auto [c, length] = code_point_at(text.data() + at);
  const bool blank = c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x202f ||
                     c == 0x205f || c == 0x3000;
  return blank ? length : 0;
}

void collapse_whitespace(std::string_view text, std::string& out) {
  out.resize(text.size());
  char* to = out.data();
  bool blank = false;        // a run of blanks is open
  std::size_t newlines = 0;  // line feeds since the last other character
  for (std::size_t at = 0; at < text.size();) {
    if (const std::size_t length = blank_length(text, at); length > 0) {
      blank = true;
      at += length;
      continue;
    }
    if (text[at] == '\n') {
      if (newlines < 2) *to++ = '\n';
      ++newlines;
    } else {
      if (blank) *to++ = ' ';
      newlines = 0;
      *to++ = text[at];
    }
    blank = false;
    ++at;
  }
  out.resize(static_cast<std::size_t>(to - out.data()));
}

// Runs of ASCII without the library: folding looks at one code point at a time.
void fold_case(std::string_view text, std::string& out) {
  constexpr std::size_t kPart = 256;  // bytes at a time: room is cleared before it is written
  constexpr std::size_t kRoom = 64;   // what the kernel may write beyond the end
  const ByteKernels& kernels = best_byte_kernels();
  while (!text.empty()) {
    const std::size_t size = out.size();
    const std::size_t part = std::min(text.size(), kPart);
    out.resize(size + part + kRoom);
    const std::size_t run = kernels.lower_ascii(text.data(), part, out.data() + size);
    out.resize(size + run);
    text.remove_prefix(run);
    std::size_t above = 0;
    while (above < text.size() && byte_at(text, above) >= 0x80) ++above;
    if (above > 0) append_case_fold(text.substr(0, above), out);
    text.remove_prefix(above);
  }
}

// The text as the last step left it: still the caller's, or in one of two buffers.
class Stages {
 public:
  Stages(std::string_view text, std::string& out) : text_(text), out_(out) { out_.clear(); }

  [[nodiscard]] std::string_view text() const { return changed_ ? std::string_view(out_) : text_; }

  // `step(text, out)` puts the next text into an empty `out`; returns whether it is another one.
  template <typename Step>
  bool apply(Step step) {
    next_.clear();
    step(text(), next_);
    if (next_ == text()) return false;
    out_.swap(next_);
    changed_ = true;
    return true;
  }

  // Steps may have undone each other.
  [[nodiscard]] bool finish() {
    if (changed_ && out_ == text_) changed_ = false;
    if (!changed_) out_.clear();
    return changed_;
  }

 private:
  std::string_view text_;
  std::string& out_;
  std::string next_;
  bool changed_ = false;
};

}  // namespace

bool normalize(std::string_view text, const NormalizeSettings& settings, std::string& out) {
  Stages stages(text, out);
  const auto compose = [&stages] {
    std::size_t known = plainly_composed(stages.text());
    if (known == stages.text().size()) return;
    // The last of those may combine with what follows.
    if (known > 0) --known;
    while (known > 0 && is_continuation(stages.text()[known])) --known;
    if (is_nfc(stages.text().substr(known))) return;
    stages.apply([known](std::string_view now, std::string& next) {
      next.assign(now.substr(0, known));
      append_nfc(now.substr(known), next);
    });
  };
  if (settings.nfc) compose();
  if (settings.remove_control) stages.apply(remove_control);
  if (settings.collapse_whitespace) stages.apply(collapse_whitespace);
  if (settings.case_fold && stages.apply(fold_case) && settings.nfc) compose();
  return stages.finish();
}

}  // namespace shardmill
