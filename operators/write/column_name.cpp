#include "operators/write/column_name.hpp"

#include "cluster/types.hpp"

namespace shardmill {

std::string hdf5_name(std::string_view column) {
  if (column.empty()) return "%";
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  const std::size_t suffix =
      column.ends_with(kValidSuffix) ? column.size() - kValidSuffix.size() : column.size();
  std::string name;
  for (std::size_t i = 0; i < column.size(); ++i) {
    const u8 byte = static_cast<u8>(column[i]);
    const bool dot = byte == '.' && (i == 0 || i == suffix);
    if (dot || byte == '/' || byte == '%' || byte < 0x20 || byte == 0x7f) {
      name += '%';
      name += kDigits[byte >> 4];
      name += kDigits[byte & 15];
    } else {
      name += column[i];
    }
  }
  return name;
}

}  // namespace shardmill
