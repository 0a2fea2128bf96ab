#include "operators/dedup/scratch_array.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace shardmill {

ScratchArray::ScratchArray(ScratchSpace& space, const std::string& name, u64 limit)
    : space_(space),
      path_(space.folder / name),
      slots_(std::max<u64>(limit / (kBlock * sizeof(u64)), 1)) {}

ScratchArray::~ScratchArray() { clear(); }

void ScratchArray::clear() {
  size_ = 0;
  if (!file_.is_open()) return;
  std::error_code gone;  // scratch is disposable: a file that is not there is as good
  std::filesystem::remove(path_, gone);
  file_ = {};
  space_.give_back(std::exchange(held_, 0));
  tail_.clear();
}

void ScratchArray::append(std::span<const u64> values) {
  if (arena_.data() == nullptr) arena_ = Arena(slots_ * kBlock * sizeof(u64));
  if (!file_.is_open()) {
    if (size_ + values.size() <= slots_ * kBlock) {
      if (!values.empty()) std::memcpy(memory() + size_, values.data(), values.size_bytes());
      size_ += values.size();
      return;
    }
    file_ = File::create(path_);
    append_to_file({memory(), size_});
    holds_.assign(slots_, kNone);
  }
  append_to_file(values);
  size_ += values.size();
}

void ScratchArray::append_to_file(std::span<const u64> values) {
  while (!values.empty()) {
    const std::size_t n = std::min(kBlock - tail_.size(), values.size());
    tail_.insert(tail_.end(), values.begin(), values.begin() + static_cast<std::ptrdiff_t>(n));
    values = values.subspan(n);
    if (tail_.size() < kBlock) return;
    space_.take(kBlock * sizeof(u64), path_);
    held_ += kBlock * sizeof(u64);
    file_.append({reinterpret_cast<const char*>(tail_.data()), kBlock * sizeof(u64)});
    tail_.clear();
  }
}

std::span<const u64> ScratchArray::block(u64 number) {
  if (number == size_ / kBlock) return tail_;
  const std::size_t slot = number % slots_;
  u64* const values = memory() + slot * kBlock;
  if (holds_[slot] != number) {
    holds_[slot] = kNone;
    file_.read_exactly(number * kBlock * sizeof(u64),
                       {reinterpret_cast<char*>(values), kBlock * sizeof(u64)});
    holds_[slot] = number;
  }
  return {values, kBlock};
}

std::span<const u64> ScratchArray::read(u64 begin, u64 count) {
  if (begin > size_ || count > size_ - begin) {
    throw InternalError("values " + std::to_string(begin) + " to " + std::to_string(begin + count) +
                        " of an array of " + std::to_string(size_));
  }
  if (count == 0) return {};
  if (!file_.is_open()) return {memory() + begin, count};
  const std::size_t offset = begin % kBlock;
  if (offset + count <= kBlock) return block(begin / kBlock).subspan(offset, count);
  joined_.clear();
  while (joined_.size() < count) {
    const u64 at = begin + joined_.size();
    const std::span<const u64> there = block(at / kBlock).subspan(at % kBlock);
    const std::size_t n = std::min<u64>(there.size(), count - joined_.size());
    joined_.insert(joined_.end(), there.begin(), there.begin() + static_cast<std::ptrdiff_t>(n));
  }
  return joined_;
}

}  // namespace shardmill
