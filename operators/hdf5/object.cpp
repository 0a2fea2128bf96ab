#include "operators/hdf5/object.hpp"

#include <hdf5.h>

#include <algorithm>

#include "operators/hdf5/id.hpp"

namespace shardmill {
namespace {

static_assert(sizeof(hid_t) == sizeof(i64), "HDF5 1.10 and later");

hid_t file_type(Hdf5Element element) {
  switch (element) {
    case Hdf5Element::u8_:
      return H5T_STD_U8LE;
    case Hdf5Element::u16_:
      return H5T_STD_U16LE;
    case Hdf5Element::i32_:
      return H5T_STD_I32LE;
    case Hdf5Element::u64_:
      return H5T_STD_U64LE;
    case Hdf5Element::i64_:
      return H5T_STD_I64LE;
    case Hdf5Element::f64_:
      return H5T_IEEE_F64LE;
    case Hdf5Element::f32_:
      return H5T_IEEE_F32LE;
  }
  throw InternalError("unknown element type");
}

// Readable by HDF5 1.8 and later; objects close with their file; no lock files on shared file
// systems that do not know locks (the dataset has its own lock).
i64 file_access() {
  const i64 access = require_write(H5Pcreate(H5P_FILE_ACCESS), "HDF5", "make a property list");
  require_write(H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_V110), "HDF5", "set");
  require_write(H5Pset_fclose_degree(access, H5F_CLOSE_STRONG), "HDF5", "set");
  require_write(H5Pset_file_locking(access, 0, 1), "HDF5", "set");
  return access;
}

// A creation list without times: they would make equal shards differ.
i64 creation(hid_t kind) {
  const i64 list = require_write(H5Pcreate(kind), "HDF5", "make a property list");
  require_write(H5Pset_obj_track_times(list, false), "HDF5", "leave out times");
  return list;
}

i64 utf8_names() {
  const i64 list = require_write(H5Pcreate(H5P_LINK_CREATE), "HDF5", "make a property list");
  require_write(H5Pset_char_encoding(list, H5T_CSET_UTF8), "HDF5", "set");
  return list;
}

// Opens a selection of [first, first + n) in the dataset's space, which has one or two dimensions;
// returns the space in memory.
i64 select(const Hdf5Id& space, u64 first, u64 n, const std::string& place) {
  hsize_t sizes[3] = {0, 1, 1};
  const int dimensions = H5Sget_simple_extent_ndims(space);
  if (dimensions < 1 || dimensions > 3) throw DataError(place + ": expected 1 to 3 dimensions");
  require_read(H5Sget_simple_extent_dims(space, sizes, nullptr), place, "read its shape");
  const hsize_t start[3] = {first, 0, 0};
  const hsize_t count[3] = {n, sizes[1], sizes[2]};
  require_read(H5Sselect_hyperslab(space, H5S_SELECT_SET, start, nullptr, count, nullptr), place,
               "select rows");
  return require_read(H5Screate_simple(dimensions, count, nullptr), place, "make a data space");
}

herr_t collect_name(hid_t, const char* name, const H5L_info_t*, void* into) {
  static_cast<std::vector<std::string>*>(into)->emplace_back(name);
  return 0;
}

}  // namespace

std::size_t element_bytes(Hdf5Element element) {
  switch (element) {
    case Hdf5Element::u8_:
      return 1;
    case Hdf5Element::u16_:
      return 2;
    case Hdf5Element::i32_:
    case Hdf5Element::f32_:
      return 4;
    default:
      return 8;
  }
}

const char* element_name(Hdf5Element element) {
  switch (element) {
    case Hdf5Element::u8_:
      return "u8";
    case Hdf5Element::u16_:
      return "u16";
    case Hdf5Element::i32_:
      return "i32";
    case Hdf5Element::u64_:
      return "u64";
    case Hdf5Element::i64_:
      return "i64";
    case Hdf5Element::f64_:
      return "f64";
    case Hdf5Element::f32_:
      return "f32";
  }
  return "?";
}

Hdf5Object::~Hdf5Object() {
  if (id_ >= 0) H5Idec_ref(id_);
}

void Hdf5Object::close() {
  if (id_ < 0) return;
  const i64 id = std::exchange(id_, -1);
  const bool file = H5Iget_type(id) == H5I_FILE;
  require_write(file ? H5Fclose(id) : H5Idec_ref(id), place_, "finish writing");
}

Hdf5Object Hdf5Object::create_file(const std::filesystem::path& path, u64 alignment) {
  prepare_hdf5();
  const Hdf5Id access(file_access());
  require_write(H5Pset_alignment(access, 1, alignment), path.string(), "align");
  const Hdf5Id create(creation(H5P_FILE_CREATE));
  const i64 id = require_write(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, create, access),
                               path.string(), "create");
  return {id, path.string() + ": "};
}

Hdf5Object Hdf5Object::open_file(const std::filesystem::path& path) {
  prepare_hdf5();
  const Hdf5Id access(file_access());
  const i64 id =
      require_read(H5Fopen(path.c_str(), H5F_ACC_RDONLY, access), path.string(), "open as HDF5");
  return {id, path.string() + ": "};
}

Hdf5Object Hdf5Object::create_group(const std::string& name) const {
  const Hdf5Id create(creation(H5P_GROUP_CREATE));
  const Hdf5Id link(utf8_names());
  const std::string place = place_of(name);
  return {require_write(H5Gcreate2(id_, name.c_str(), link, create, H5P_DEFAULT), place, "create"),
          place};
}

Hdf5Object Hdf5Object::create_dataset(const std::string& name, Hdf5Element element, u64 n) const {
  return create(name, element, {n});
}

Hdf5Object Hdf5Object::create_matrix(const std::string& name, Hdf5Element element, u64 rows,
                                     u64 columns) const {
  if (columns == 0) throw InternalError(place_of(name) + ": rows without elements");
  return create(name, element, {rows, columns});
}

Hdf5Object Hdf5Object::create_cube(const std::string& name, Hdf5Element element, u64 n, u64 rows,
                                   u64 columns) const {
  if (rows == 0 || columns == 0) throw InternalError(place_of(name) + ": rows without elements");
  return create(name, element, {n, rows, columns});
}

Hdf5Object Hdf5Object::create(const std::string& name, Hdf5Element element,
                              const std::vector<u64>& sizes) const {
  const std::string place = place_of(name);
  const Hdf5Id create(creation(H5P_DATASET_CREATE));
  require_write(H5Pset_layout(create, H5D_CONTIGUOUS), place, "lay out");
  require_write(H5Pset_alloc_time(create, H5D_ALLOC_TIME_EARLY), place, "lay out");
  require_write(H5Pset_fill_time(create, H5D_FILL_TIME_NEVER), place, "lay out");
  const Hdf5Id link(utf8_names());
  const std::vector<hsize_t> extent(sizes.begin(), sizes.end());
  const Hdf5Id space(
      require_write(H5Screate_simple(static_cast<int>(extent.size()), extent.data(), nullptr),
                    place, "make a data space"));
  return {require_write(
              H5Dcreate2(id_, name.c_str(), file_type(element), space, link, create, H5P_DEFAULT),
              place, "create " + std::to_string(sizes[0]) + " rows"),
          place};
}

Hdf5Object Hdf5Object::open(const std::string& name) const {
  const std::string place = place_of(name);
  return {require_read(H5Oopen(id_, name.c_str(), H5P_DEFAULT), place, "open"), place};
}

std::string Hdf5Object::place_of(const std::string& name) const {
  const bool apart = place_.ends_with('/') || name.starts_with('/');
  return place_ + (apart ? "" : "/") + name;
}

bool Hdf5Object::has(const std::string& name) const {
  return require_read(H5Lexists(id_, name.c_str(), H5P_DEFAULT), place_, "look up " + name) > 0;
}

bool Hdf5Object::is_group() const { return H5Iget_type(id_) == H5I_GROUP; }

std::vector<std::string> Hdf5Object::names() const {
  std::vector<std::string> found;
  require_read(H5Literate(id_, H5_INDEX_NAME, H5_ITER_NATIVE, nullptr, collect_name, &found),
               place_, "list");
  std::sort(found.begin(), found.end());
  return found;
}

u64 Hdf5Object::length(Hdf5Element element) const { return sizes(element, 1)[0]; }

u64 Hdf5Object::offset() const {
  const haddr_t found = H5Dget_offset(id_);
  if (found == HADDR_UNDEF) throw DataError(place_ + ": expected a contiguous dataset");
  return found;
}

std::pair<u64, u64> Hdf5Object::shape(Hdf5Element element) const {
  const std::vector<u64> found = sizes(element, 2);
  return {found[0], found[1]};
}

std::array<u64, 3> Hdf5Object::cube(Hdf5Element element) const {
  const std::vector<u64> found = sizes(element, 3);
  return {found[0], found[1], found[2]};
}

std::vector<u64> Hdf5Object::sizes(Hdf5Element element, std::size_t dimensions) const {
  if (H5Iget_type(id_) != H5I_DATASET) throw DataError(place_ + ": expected a dataset");
  const Hdf5Id type(require_read(H5Dget_type(id_), place_, "read its type"));
  if (H5Tequal(type, file_type(element)) <= 0) {
    throw DataError(place_ + ": expected elements of type " + element_name(element));
  }
  const Hdf5Id space(require_read(H5Dget_space(id_), place_, "read its shape"));
  if (H5Sget_simple_extent_ndims(space) != static_cast<int>(dimensions)) {
    throw DataError(place_ + ": expected " + std::to_string(dimensions) +
                    (dimensions == 1 ? " dimension" : " dimensions"));
  }
  std::vector<hsize_t> found(dimensions);
  require_read(H5Sget_simple_extent_dims(space, found.data(), nullptr), place_, "read its shape");
  return {found.begin(), found.end()};
}

void Hdf5Object::write(Hdf5Element element, u64 first, u64 n, const void* data) const {
  if (n == 0) return;
  const Hdf5Id space(require_write(H5Dget_space(id_), place_, "read its shape"));
  const Hdf5Id memory(select(space, first, n, place_));
  require_write(H5Dwrite(id_, file_type(element), memory, space, H5P_DEFAULT, data), place_,
                "write rows " + std::to_string(first) + " to " + std::to_string(first + n));
}

void Hdf5Object::read(Hdf5Element element, u64 first, u64 n, void* data) const {
  if (n == 0) return;
  const Hdf5Id space(require_read(H5Dget_space(id_), place_, "read its shape"));
  const Hdf5Id memory(select(space, first, n, place_));
  require_read(H5Dread(id_, file_type(element), memory, space, H5P_DEFAULT, data), place_,
               "read elements " + std::to_string(first) + " to " + std::to_string(first + n));
}

}  // namespace shardmill
