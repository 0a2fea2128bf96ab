// Memory of a lease as one piece. Pages are taken from the system only when first touched, so a
// large lease costs nothing until it is used, and nothing is ever copied to grow.
#pragma once

#include <cstddef>
#include <utility>

#include "cluster/types.hpp"

namespace shardmill {

class Arena {
 public:
  Arena() = default;
  // Throws ResourceError when the system has no such address range.
  explicit Arena(std::size_t bytes);
  Arena(Arena&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        bytes_(std::exchange(other.bytes_, 0)),
        given_back_(std::exchange(other.given_back_, 0)) {}
  Arena& operator=(Arena&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    std::swap(given_back_, other.given_back_);
    return *this;
  }
  ~Arena();

  // The first so many bytes are not needed any more: their pages go back to the system, in pieces.
  void give_back(std::size_t bytes);
  static constexpr std::size_t kPiece = std::size_t{8} << 20;

  [[nodiscard]] std::byte* data() const { return data_; }  // aligned to a page
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  std::byte* data_ = nullptr;
  std::size_t bytes_ = 0;
  std::size_t given_back_ = 0;
};

}  // namespace shardmill
