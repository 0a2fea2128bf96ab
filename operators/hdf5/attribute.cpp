// Attributes of HDF5 objects: fixed-length strings and u64, nothing else.
#include <hdf5.h>

#include "operators/hdf5/id.hpp"
#include "operators/hdf5/object.hpp"

namespace shardmill {
namespace {

// Padded with NUL and not ended by one: n bytes of text are n bytes in the file.
i64 text_type(std::size_t bytes) {
  const i64 type = require_write(H5Tcopy(H5T_C_S1), "HDF5", "make a string type");
  // A string type has at least one byte; the empty text is one NUL of padding.
  require_write(H5Tset_size(type, bytes == 0 ? 1 : bytes), "HDF5", "size a string type");
  require_write(H5Tset_strpad(type, H5T_STR_NULLPAD), "HDF5", "pad a string type");
  require_write(H5Tset_cset(type, H5T_CSET_UTF8), "HDF5", "make a string type UTF-8");
  return type;
}

}  // namespace

void Hdf5Object::create_text(const std::string& name, const std::string& text) const {
  const std::string place = place_ + " attribute " + name;
  const Hdf5Id type(text_type(text.size()));
  const Hdf5Id space(require_write(H5Screate(H5S_SCALAR), place, "create"));
  const Hdf5Id attribute(require_write(
      H5Acreate2(id_, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT), place, "create"));
  require_write(H5Awrite(attribute, type, text.c_str()), place, "write");
}

void Hdf5Object::create_number(const std::string& name, u64 value) const {
  const std::string place = place_ + " attribute " + name;
  const Hdf5Id space(require_write(H5Screate(H5S_SCALAR), place, "create"));
  const Hdf5Id attribute(
      require_write(H5Acreate2(id_, name.c_str(), H5T_STD_U64LE, space, H5P_DEFAULT, H5P_DEFAULT),
                    place, "create"));
  require_write(H5Awrite(attribute, H5T_NATIVE_UINT64, &value), place, "write");
}

void Hdf5Object::set_text(const std::string& name, const std::string& text) const {
  const std::string place = place_ + " attribute " + name;
  const Hdf5Id attribute(require_write(H5Aopen(id_, name.c_str(), H5P_DEFAULT), place, "open"));
  const Hdf5Id type(text_type(text.size()));
  require_write(H5Awrite(attribute, type, text.c_str()), place, "write");
}

bool Hdf5Object::has_attribute(const std::string& name) const {
  return require_read(H5Aexists(id_, name.c_str()), place_, "look up attribute " + name) > 0;
}

std::string Hdf5Object::text(const std::string& name) const {
  const std::string place = place_ + " attribute " + name;
  const Hdf5Id attribute(require_read(H5Aopen(id_, name.c_str(), H5P_DEFAULT), place, "open"));
  const Hdf5Id type(require_read(H5Aget_type(attribute), place, "read its type"));
  if (H5Tget_class(type) != H5T_STRING || H5Tis_variable_str(type) != 0) {
    throw DataError(place + ": expected a string of fixed length");
  }
  std::string text(H5Tget_size(type), '\0');
  require_read(H5Aread(attribute, type, text.data()), place, "read");
  while (!text.empty() && text.back() == '\0') text.pop_back();
  return text;
}

u64 Hdf5Object::number(const std::string& name) const {
  const std::string place = place_ + " attribute " + name;
  const Hdf5Id attribute(require_read(H5Aopen(id_, name.c_str(), H5P_DEFAULT), place, "open"));
  const Hdf5Id space(require_read(H5Aget_space(attribute), place, "read its shape"));
  if (H5Sget_simple_extent_npoints(space) != 1) throw DataError(place + ": expected one number");
  u64 value = 0;
  require_read(H5Aread(attribute, H5T_NATIVE_UINT64, &value), place, "read");
  return value;
}

}  // namespace shardmill
