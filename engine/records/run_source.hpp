// A run of fixed-size records, one after the other.
#pragma once

#include <span>

#include "engine/records/run_file.hpp"

namespace shardmill {

// A source for LoserTree. Holds one block; the file must outlive it and must not move.
template <class T>
class RunSource {
 public:
  RunSource(const RunFile& file, const Run& run) : reader_(file, run) { refill(); }
  // Null at the end.
  [[nodiscard]] const T* head() const { return at_; }
  void next() {
    if (++at_ == end_) refill();
  }

 private:
  void refill() {
    const std::span<const std::byte> block = reader_.next();
    at_ = block.empty() ? nullptr : reinterpret_cast<const T*>(block.data());
    end_ = at_ + block.size() / sizeof(T);
  }

  RunReader reader_;
  const T* at_ = nullptr;
  const T* end_ = nullptr;
};

}  // namespace shardmill
