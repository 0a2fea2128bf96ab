#include "operators/text/hash_text.hpp"

#include <cstring>

#include "operators/text/unicode.hpp"
#include "operators/text/utf8.hpp"
#include "operators/text/word_class.hpp"

namespace shardmill {
namespace {

constexpr u32 kTableEnd = 0x10000;  // the Basic Multilingual Plane
constexpr std::size_t kMostBytes = 6;

// What one code point becomes when its successor does not combine with it.
struct Folded {
  char bytes[kMostBytes];
  u8 length;
  // kApart: independent of what precedes it; kListed: `bytes` holds the result; kBorder: both, and
  // the result does not go on with a word before it.
  enum : u8 { kApart = 1, kListed = 2, kBorder = 4 };
  u8 flags;
};
static_assert(sizeof(Folded) == 8);

std::string utf8(u32 code_point) {
  const auto tail = [code_point](int shift) {
    return static_cast<char>(0x80 | ((code_point >> shift) & 0x3f));
  };
  if (code_point < 0x80) return {static_cast<char>(code_point)};
  if (code_point < 0x800) return {static_cast<char>(0xc0 | (code_point >> 6)), tail(0)};
  return {static_cast<char>(0xe0 | (code_point >> 12)), tail(6), tail(0)};
}

// Half a megabyte, made in some ten milliseconds at the first use in a process.
const std::vector<Folded>& fold_table() {
  static const std::vector<Folded> table = [] {
    std::vector<Folded> made(kTableEnd, Folded{});
    std::string folded;
    for (u32 code_point = 0; code_point < kTableEnd; ++code_point) {
      if (code_point >= 0xd800 && code_point < 0xe000) continue;  // surrogates: not in UTF-8
      Folded& entry = made[code_point];
      if (!folds_apart_from_what_precedes(code_point)) continue;
      entry.flags = Folded::kApart;
      folded.clear();
      append_nfkc_casefold(utf8(code_point), folded);
      if (folded.size() > kMostBytes) continue;
      entry.flags |= Folded::kListed;
      entry.length = static_cast<u8>(folded.size());
      std::memcpy(entry.bytes, folded.data(), folded.size());
      if (folded.empty()) continue;
      const bool part = WordClasses::get()(code_point_at(folded.data()).value) == WordClass::part;
      if (!part) entry.flags |= Folded::kBorder;
    }
    return made;
  }();
  return table;
}

constexpr Folded kUnlisted = {};

const Folded& folded_form(const Folded* table, char32_t code_point) {
  // Other planes are never cut before: longer pieces, same result.
  return code_point < kTableEnd ? table[code_point] : kUnlisted;
}

bool is_ascii(char byte) { return static_cast<unsigned char>(byte) < 0x80; }

}  // namespace

bool begins_apart(char32_t code_point) {
  return (folded_form(fold_table().data(), code_point).flags & Folded::kBorder) != 0;
}

HashText::HashText(const ByteKernels& kernels) : kernels_(kernels) { (void)fold_table(); }

void HashText::reserve(std::size_t bytes) {
  if (folded_.size() < bytes) folded_.resize(bytes + bytes / 2);
}

void HashText::release() {
  shardmill::release(folded_);
  shardmill::release(piece_);
  size_ = 0;
}

std::string_view HashText::fold(std::string_view text) {
  size_ = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    // Room for the rest if it is ASCII, for one table entry and for the padding.
    reserve(size_ + (text.size() - at) + 2 * kPadding);
    if (is_ascii(text[at])) {
      const std::size_t run =
          kernels_.lower_ascii(text.data() + at, text.size() - at, folded_.data() + size_);
      at += run;
      size_ += run;
    } else {
      at = fold_run(text, at);
    }
  }
  reserve(size_ + kPadding);
  std::memset(folded_.data() + size_, 0, kPadding);
  return {folded_.data(), size_};
}

// Folds the characters from `at`, which is not ASCII, up to the next ASCII one or the end of the
// room; returns where it stopped. What precedes `at` has been folded, and its last character on its
// own if that is ASCII.
std::size_t HashText::fold_run(std::string_view text, std::size_t at) {
  const Folded* const table = fold_table().data();
  CodePoint here = code_point_at(text.data() + at);
  const Folded* form = &folded_form(table, here.value);
  if ((form->flags & Folded::kApart) == 0 && at > 0 && is_ascii(text[at - 1])) {
    --size_;  // it may combine with the last character: fold that again, together
    return fold_piece(text, at - 1);
  }
  for (;;) {
    const std::size_t next = at + here.length;
    const bool at_end = next == text.size();
    if (at_end || is_ascii(text[next])) {
      if ((form->flags & Folded::kListed) == 0) return fold_piece(text, at);
      std::memcpy(folded_.data() + size_, form->bytes, sizeof form->bytes);
      size_ += form->length;
      return next;
    }
    const CodePoint follower = code_point_at(text.data() + next);
    const Folded* follower_form = &folded_form(table, follower.value);
    if ((form->flags & Folded::kListed) == 0 || (follower_form->flags & Folded::kApart) == 0) {
      return fold_piece(text, at);
    }
    std::memcpy(folded_.data() + size_, form->bytes, sizeof form->bytes);
    size_ += form->length;
    at = next;
    here = follower;
    form = follower_form;
    // One character may grow to six bytes from two.
    if (folded_.size() - size_ < kPadding) return at;
  }
}

// Folds with the library from `at` to the next code point that is independent of what precedes it.
std::size_t HashText::fold_piece(std::string_view text, std::size_t at) {
  const Folded* const table = fold_table().data();
  std::size_t end = at + code_point_at(text.data() + at).length;
  while (end < text.size() && !is_ascii(text[end])) {
    const CodePoint next = code_point_at(text.data() + end);
    if ((folded_form(table, next.value).flags & Folded::kApart) != 0) break;
    end += next.length;
  }
  piece_.clear();
  append_nfkc_casefold(text.substr(at, end - at), piece_);
  reserve(size_ + piece_.size() + 2 * kPadding);
  std::memcpy(folded_.data() + size_, piece_.data(), piece_.size());
  size_ += piece_.size();
  return end;
}

}  // namespace shardmill
