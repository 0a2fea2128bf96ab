#include "operators/read/npy.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "cluster/error.hpp"
#include "operators/read/safetensors.hpp"

namespace shardmill {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";

template <class Number>
Number number_at(std::string_view bytes) {
  Number number;
  std::memcpy(&number, bytes.data(), sizeof number);
  return number;
}

// Takes `what` from the beginning of `text`, if it is there.
bool take(std::string_view& text, std::string_view what) {
  if (!text.starts_with(what)) return false;
  text.remove_prefix(what.size());
  return true;
}

bool take(std::string_view& text, u64& number) {
  const auto [stopped, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(stopped - text.data()));
  return true;
}

// What stands behind a key of the dictionary; empty when it is not there.
std::string_view value_of(std::string_view dictionary, std::string_view key) {
  const std::size_t at = dictionary.find(key);
  return at == std::string_view::npos ? "" : dictionary.substr(at + key.size());
}

}  // namespace

NpyMatrix::NpyMatrix(const std::string& path) : file_(path) {
  const std::string_view bytes = file_.bytes();
  const auto version = bytes.size() < 12 || !bytes.starts_with(kMagic)
                           ? 0
                           : static_cast<unsigned char>(bytes[kMagic.size()]);
  u64 length = 0;
  if (version == 1) {
    length = number_at<std::uint16_t>(bytes.substr(8));
    begin_ = 10 + length;
  } else if (version == 2 || version == 3) {
    length = number_at<u32>(bytes.substr(8));
    begin_ = 12 + length;
  }
  if (begin_ == 0 || begin_ > bytes.size()) {
    throw DataError(path + ": expected a .npy file of version 1 to 3 with its whole header");
  }
  std::string header(bytes.substr(begin_ - length, length));
  std::erase_if(header, [](char c) { return c == ' ' || c == '\n'; });
  std::string_view type = value_of(header, "'descr':");
  std::string_view shape = value_of(header, "'shape':");
  if (take(type, "'<f2'")) width_ = 2;
  if (take(type, "'<f4'")) width_ = 4;
  if (take(type, "'<f8'")) width_ = 8;
  const bool is_matrix = take(shape, "(") && take(shape, rows_) && take(shape, ",") &&
                         take(shape, columns_) && (take(shape, ",)") || take(shape, ")"));
  if (width_ == 0 || !is_matrix || columns_ == 0 ||
      !value_of(header, "'fortran_order':").starts_with("False")) {
    throw DataError(path +
                    ": expected a matrix of <f2, <f4 or <f8, two dimensions in C order; its header "
                    "says " +
                    header.substr(0, 200));
  }
  const u64 there = bytes.size() - begin_;
  const bool fits = columns_ <= there / width_ / std::max<u64>(rows_, 1);
  if ((rows_ > 0 && !fits) || rows_ * columns_ * width_ != there) {
    throw DataError(path + ": has " + std::to_string(there) + " bytes of numbers for " +
                    std::to_string(rows_) + " rows of " + std::to_string(columns_) + " of " +
                    std::to_string(width_) + " bytes");
  }
}

void NpyMatrix::read(u64 row, std::span<float> out) const {
  std::string_view numbers = file_.bytes().substr(begin_ + row * columns_ * width_);
  for (float& number : out) {
    if (width_ == 2) {
      number = float_of_half(number_at<std::uint16_t>(numbers));
    } else if (width_ == 4) {
      number = number_at<float>(numbers);
    } else {
      number = static_cast<float>(number_at<double>(numbers));
    }
    numbers.remove_prefix(width_);
  }
}

}  // namespace shardmill
