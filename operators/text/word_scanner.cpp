#include "operators/text/word_scanner.hpp"

#include <bit>

#include "operators/text/slice_hash.hpp"
#include "operators/text/utf8.hpp"
#include "operators/text/word_pieces.hpp"

namespace shardmill {
WordScanner::WordScanner(const ByteKernels& kernels)
    : kernels_(kernels), classes_(WordClasses::get()), hash_text_(kernels) {}

std::size_t WordScanner::scan(std::string_view text) {
  folded_ = hash_text_.fold(text);
  (void)narrow<u32>(folded_.size() + 2 * HashText::kPadding);
  // One block more than the text fills: its zeros end the last word.
  const std::size_t blocks = folded_.size() / 64 + 1;
  if (word_.size() < blocks) {
    word_.resize(blocks);
    above_.resize(blocks);
    border_.resize(blocks);
  }
  kernels_.classify(folded_.data(), blocks, word_.data(), above_.data());
  mark_above_ascii(blocks);
  // A word and the gap behind it take two bytes, or one code point of at least three and no gap.
  const std::size_t room = folded_.size() / 2 + 1 + 64;
  if (room_ < room) {
    begin_ = std::make_unique_for_overwrite<u32[]>(room);
    end_ = std::make_unique_for_overwrite<u32[]>(room);
    room_ = room;
  }
  count_ = kernels_.list_runs(word_.data(), border_.data(), blocks, begin_.get(), end_.get());
  return count_;
}

void WordScanner::mark_above_ascii(std::size_t blocks) {
  // A code point may reach into the next block: the upper halves are carried over.
  u128 word = 0;
  u128 border = 0;
  u32 marked = 0;  // bytes of this block that belong to a code point already seen
  for (std::size_t block = 0; block < blocks; ++block) {
    const char* const bytes = folded_.data() + block * 64;
    u64 above = above_[block] & (~u64{0} << marked);
    word |= word_[block];
    marked = 0;
    while (above != 0) {
      const auto at = static_cast<u32>(std::countr_zero(above));
      const CodePoint here = code_point_at(bytes + at);
      const u32 end = at + here.length;
      const WordClass kind = classes_(here.value);
      const u128 length_bits = (u128{1} << here.length) - 1;
      word |= (kind == WordClass::none ? u128{0} : length_bits) << at;
      const u128 both_ends = (u128{1} << here.length) | 1;
      border |= (kind == WordClass::alone ? both_ends : u128{0}) << at;
      marked = end > 64 ? end - 64 : 0;
      above = end < 64 ? above & (~u64{0} << end) : 0;
    }
    word_[block] = static_cast<u64>(word);
    border_[block] = static_cast<u64>(border);
    word >>= 64;
    border >>= 64;
  }
}

void WordScanner::hash(std::span<u64> hashes) const {
  hash_slices(folded_.data(), {begin_.get(), count_}, {end_.get(), count_}, hashes);
}

void WordScanner::release_if_large() {
  if (room_ < 4 * kWordPiece) return;
  hash_text_.release();
  folded_ = {};
  release(word_);
  release(above_);
  release(border_);
  begin_.reset();
  end_.reset();
  room_ = 0;
  count_ = 0;
}

void WordScanner::append_joined(std::string& joined) const {
  for (std::size_t i = 0; i < size(); ++i) {
    if (i > 0) joined.push_back(' ');
    joined.append((*this)[i]);
  }
}

}  // namespace shardmill
