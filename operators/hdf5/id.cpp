#include "operators/hdf5/id.hpp"

#include <hdf5.h>

#include <cstdlib>
#include <string_view>

#include "engine/store/write_failure.hpp"

namespace shardmill {
namespace {

// The walk goes from the place of the failure outwards: the first entry says most.
herr_t keep_first(unsigned depth, const H5E_error2_t* entry, void* into) {
  auto* text = static_cast<std::string*>(into);
  if (depth == 0 && entry->desc != nullptr) *text = entry->desc;
  return 0;
}

std::string reason() {
  std::string text;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_first, &text);
  H5Eclear2(H5E_DEFAULT);
  if (text.empty()) return "HDF5 gives no reason";
  // The file driver: "file write failed: time = …, errno = 28, error message = '…', buf = …".
  constexpr std::string_view kErrno = "errno = ";
  const std::size_t at = text.find(kErrno);
  if (at == std::string::npos) return text;
  return write_failure(std::atoi(text.c_str() + at + kErrno.size()));
}

}  // namespace

Hdf5Id::~Hdf5Id() {
  if (id_ >= 0) H5Idec_ref(id_);
}

i64 require_read(i64 result, const std::string& place, const std::string& doing) {
  if (result < 0) throw DataError(place + ": cannot " + doing + ": " + reason());
  return result;
}

i64 require_write(i64 result, const std::string& place, const std::string& doing) {
  if (result < 0) throw ResourceError(place + ": cannot " + doing + ": " + reason());
  return result;
}

void prepare_hdf5() {
  // At exit HDF5 would try once more to finish a file that met a full disk, and crash. Our handles
  // have closed everything by then. Only the first call counts, so its result does not matter.
  (void)H5dont_atexit();
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

}  // namespace shardmill
