#include "operators/hdf5/table.hpp"

#include <hdf5.h>

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "operators/hdf5/id.hpp"

namespace shardmill {
namespace {

// Rows that cost no bytes in the file cost time: a damaged length must not make a run endless.
// Deflate shrinks at most 1032 times (zlib's technical notes).
constexpr u64 kMostRowsPerByte = 1032;

[[noreturn]] void refuse(const std::string& place, const std::string& found) {
  throw DataError(place + ": " + found);
}

// A link to another file would read what the job does not name.
void require_hard_link(const Hdf5Object& group, const std::string& name) {
  const std::string place = group.place_of(name);
  H5L_info_t info;
  require_read(H5Lget_info(group.id(), name.c_str(), &info, H5P_DEFAULT), place, "look up");
  if (info.type != H5L_TYPE_HARD) refuse(place, "is a soft or external link, expected a dataset");
}

Hdf5Object open_group(const Hdf5Object& file, const std::string& path) {
  Hdf5Object group = file.open("/");
  for (std::size_t begin = 0; begin < path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string name = path.substr(begin, end - begin);
    begin = end + 1;
    if (name.empty()) continue;
    require_hard_link(group, name);
    group = group.open(name);
    if (!group.is_group()) refuse(group.place(), "expected a group");
  }
  return group;
}

bool is_h5py_bool(hid_t type) {
  if (H5Tget_size(type) != 1 || H5Tget_nmembers(type) != 2) return false;
  signed char no = 1;
  signed char yes = 0;
  const bool named =
      H5Tenum_valueof(type, "FALSE", &no) >= 0 && H5Tenum_valueof(type, "TRUE", &yes) >= 0;
  H5Eclear2(H5E_DEFAULT);
  return named && no == 0 && yes == 1;
}

void set_kind(hid_t type, Hdf5Table::Column& column) {
  using Kind = Hdf5Table::Kind;
  const std::string& place = column.dataset.place();
  const std::size_t size = H5Tget_size(type);
  column.width = sizeof(u64);
  switch (H5Tget_class(type)) {
    case H5T_STRING:
      column.kind = Kind::text;
      column.variable = H5Tis_variable_str(type) > 0;
      column.width = column.variable ? sizeof(char*) : size;
      return;
    case H5T_INTEGER:
      column.kind = H5Tget_sign(type) == H5T_SGN_NONE ? Kind::uint64 : Kind::int64;
      break;
    case H5T_FLOAT:
      column.kind = Kind::float64;
      break;
    case H5T_ENUM:
      if (!is_h5py_bool(type)) refuse(place, "is an enumeration other than FALSE = 0, TRUE = 1");
      column.kind = Kind::boolean;
      column.width = 1;
      return;
    default:
      refuse(place,
             "expected strings, integers, floats or bools; name the datasets to read in "
             "`fields`");
  }
  if (size > sizeof(u64)) refuse(place, "has numbers of more than 64 bits");
}

// Rows of `length` numbers.
void set_vector(hid_t type, u64 length, u64 max_record, Hdf5Table::Column& column) {
  const std::string& place = column.dataset.place();
  if (length == 0) refuse(place, "has rows without numbers");
  if (length > max_record / sizeof(double)) {
    refuse(place, "has rows of " + std::to_string(length) +
                      " numbers, more bytes than max_record, " + std::to_string(max_record));
  }
  column.kind = Hdf5Table::Kind::vector;
  column.narrow = H5Tget_size(type) <= sizeof(float);
  column.width = length * sizeof(double);
}

void check_storage(hid_t dataset, hid_t type, const std::string& place, u64 max_record) {
  const Hdf5Id list(require_read(H5Dget_create_plist(dataset), place, "read how it is stored"));
  const H5D_layout_t layout = H5Pget_layout(list);
  if (layout == H5D_VIRTUAL) refuse(place, "is a virtual dataset, expected values in this file");
  if (H5Pget_external_count(list) > 0) {
    refuse(place, "has external storage, expected values in this file");
  }
  if (layout != H5D_CHUNKED) return;
  hsize_t sides[2] = {0, 1};
  require_read(H5Pget_chunk(list, 2, sides), place, "read its chunks");
  const hsize_t chunk = sides[1] > max_record ? sides[1] : sides[0] * sides[1];
  if (chunk > max_record / H5Tget_size(type)) {
    refuse(place, "has chunks of " + std::to_string(chunk) +
                      " values, more bytes than max_record, " + std::to_string(max_record));
  }
  const int filters = H5Pget_nfilters(list);
  for (int i = 0; i < filters; ++i) {
    unsigned flags = 0;
    std::size_t values = 0;
    char name[64] = "";
    const H5Z_filter_t filter = H5Pget_filter2(list, static_cast<unsigned>(i), &flags, &values,
                                               nullptr, sizeof name, name, nullptr);
    if (H5Zfilter_avail(filter) > 0) continue;
    H5Eclear2(H5E_DEFAULT);
    refuse(place, "needs the filter " + std::to_string(filter) +
                      (name[0] == '\0' ? std::string() : " (" + std::string(name) + ")") +
                      ", which this HDF5 does not have");
  }
}

}  // namespace

// Where HDF5 puts texts of variable length. It refuses more than its limit, so that how much a
// block takes need not be known before.
struct Hdf5Table::Texts {
  u64 limit = 0;
  u64 used = 0;
  bool full = false;
  std::vector<std::unique_ptr<char[]>> held;
  i64 transfer = -1;

  Texts() : transfer(require_read(H5Pcreate(H5P_DATASET_XFER), "HDF5", "make a property list")) {
    require_read(H5Pset_vlen_mem_manager(transfer, take, this, leave, this), "HDF5", "set");
  }
  Texts(const Texts&) = delete;
  Texts& operator=(const Texts&) = delete;
  ~Texts() { H5Idec_ref(transfer); }

  void restart(u64 bytes) {
    limit = bytes;
    used = 0;
    full = false;
    held.clear();
  }
  static void* take(std::size_t bytes, void* self) {
    Texts& texts = *static_cast<Texts*>(self);
    texts.full = texts.full || bytes > texts.limit - texts.used;
    if (texts.full) return nullptr;
    texts.used += bytes;
    return texts.held.emplace_back(std::make_unique_for_overwrite<char[]>(bytes)).get();
  }
  static void leave(void*, void*) {}  // restart() does
};

Hdf5Table::Hdf5Table(const std::string& path, const std::string& group,
                     const std::vector<std::string>& fields, u64 max_record)
    : max_record_(max_record),
      file_(Hdf5Object::open_file(path)),
      texts_(std::make_unique<Texts>()) {
  const Hdf5Object place = open_group(file_, group);
  std::vector<std::string> names = place.names();
  for (const std::string& field : fields) {
    if (std::binary_search(names.begin(), names.end(), field)) continue;
    refuse(place.place(), "has no dataset `" + field + "` (fields)");
  }
  if (!fields.empty()) {
    std::erase_if(names, [&](const std::string& name) {
      return std::find(fields.begin(), fields.end(), name) == fields.end();
    });
  }
  for (const std::string& name : names) open_column(place, name);
  if (columns_.empty()) {
    refuse(place.place(), "has no dataset, expected one-dimensional ones of equal length");
  }
  const u64 bytes = std::filesystem::file_size(path);
  if (rows_ / kMostRowsPerByte > bytes) {
    refuse(place.place(),
           "states " + std::to_string(rows_) + " rows in " + std::to_string(bytes) + " bytes");
  }
  u64 width = 0;
  for (const Column& column : columns_) width += column.width;
  most_rows_ = std::max<u64>(1, kBlockBytes / width);
  next_rows_ = std::min<u64>(most_rows_, 1024);
}

Hdf5Table::~Hdf5Table() = default;

void Hdf5Table::open_column(const Hdf5Object& group, const std::string& name) {
  require_hard_link(group, name);
  Column column;
  column.name = name;
  column.dataset = group.open(name);
  const hid_t id = column.dataset.id();
  const std::string& place = column.dataset.place();
  if (H5Iget_type(id) != H5I_DATASET) return;
  const Hdf5Id space(require_read(H5Dget_space(id), place, "read its shape"));
  const int dimensions = H5Sget_simple_extent_ndims(space);
  const Hdf5Id type(require_read(H5Dget_type(id), place, "read its type"));
  const bool matrix = dimensions == 2 && H5Tget_class(type) == H5T_FLOAT;
  if (dimensions != 1 && !matrix) {
    refuse(place,
           "expected one dimension, or floats of two; name the datasets to read in `fields`");
  }
  hsize_t sizes[2] = {0, 1};
  require_read(H5Sget_simple_extent_dims(space, sizes, nullptr), place, "read its shape");
  const hsize_t rows = sizes[0];
  set_kind(type, column);
  if (matrix) set_vector(type, sizes[1], std::max<u64>(max_record_, sizeof(u64)), column);
  if (column.width > std::max<u64>(max_record_, sizeof(u64))) {
    refuse(place, "has strings of " + std::to_string(column.width) + " bytes, max_record is " +
                      std::to_string(max_record_));
  }
  check_storage(id, type, place, std::max<u64>(max_record_, u64{1} << 20));
  if (columns_.empty()) rows_ = rows;
  if (rows != rows_) {
    refuse(place, "has " + std::to_string(rows) + " rows, `" + columns_[0].name + "` has " +
                      std::to_string(rows_) + "; name the datasets to read in `fields`");
  }
  if (columns_.size() == kMostColumns) {
    refuse(group.place(), "has more than " + std::to_string(kMostColumns) + " datasets");
  }
  columns_.push_back(std::move(column));
}

u64 Hdf5Table::read(u64 first) {
  u64 n = std::min(next_rows_, rows_ - first);
  while (!read_rows(first, n)) {
    too_long_ = n == 1;
    if (too_long_) return first + 1;
    n = n / 2;
    next_rows_ = n;
  }
  too_long_ = false;
  // Halving again costs more than a block that is a little small.
  if (texts_->used < kBlockBytes / 4) next_rows_ = std::min(2 * next_rows_, most_rows_);
  return first + n;
}

// False when the texts of these rows are too many bytes.
bool Hdf5Table::read_rows(u64 first, u64 n) {
  // Each text ends with a NUL.
  texts_->restart(n == 1 ? std::max(kBlockBytes, max_record_ + columns_.size()) : kBlockBytes);
  for (Column& column : columns_) {
    const std::string& place = column.dataset.place();
    const hid_t id = column.dataset.id();
    const Hdf5Id space(require_read(H5Dget_space(id), place, "read its shape"));
    const hsize_t start[2] = {first, 0};
    const hsize_t count[2] = {n, column.kind == Kind::vector ? column.width / sizeof(double) : 1};
    require_read(H5Sselect_hyperslab(space, H5S_SELECT_SET, start, nullptr, count, nullptr), place,
                 "select rows");
    const Hdf5Id memory(
        require_read(H5Screate_simple(column.kind == Kind::vector ? 2 : 1, count, nullptr), "HDF5",
                     "make a data space"));
    const Hdf5Id stored(require_read(H5Dget_type(id), place, "read its type"));
    const hid_t type = column.kind == Kind::int64    ? H5T_NATIVE_INT64
                       : column.kind == Kind::uint64 ? H5T_NATIVE_UINT64
                       : column.kind == Kind::float64 || column.kind == Kind::vector
                           ? H5T_NATIVE_DOUBLE
                           : static_cast<hid_t>(stored);
    column.values.assign(n * column.width, '\0');
    const i64 done = H5Dread(id, type, memory, space, texts_->transfer, column.values.data());
    if (done < 0 && texts_->full) {
      H5Eclear2(H5E_DEFAULT);
      return false;
    }
    require_read(done, place,
                 "read rows " + std::to_string(first) + " to " + std::to_string(first + n));
    if (column.kind == Kind::text && !column.variable) {
      // What ends a value is a property of the type; everything else treats padding as NUL.
      const char pad = H5Tget_strpad(stored) == H5T_STR_SPACEPAD ? ' ' : '\0';
      if (pad == '\0') continue;
      for (u64 i = 0; i < n; ++i) {
        char* value = column.values.data() + i * column.width;
        for (std::size_t end = column.width; end > 0 && value[end - 1] == pad; --end) {
          value[end - 1] = '\0';
        }
      }
    }
  }
  return true;
}

std::string_view Hdf5Table::value(const Column& column, u64 i) const {
  const std::string_view value =
      std::string_view(column.values).substr(i * column.width, column.width);
  if (column.variable) {
    const char* text = nullptr;
    std::memcpy(&text, value.data(), sizeof text);
    return text == nullptr ? std::string_view() : std::string_view(text);  // HDF5's empty text
  }
  if (column.kind != Kind::text) return value;
  return value.substr(0, value.find_last_not_of('\0') + 1);
}

}  // namespace shardmill
