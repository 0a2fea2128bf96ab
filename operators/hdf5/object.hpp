// The few things we ask of HDF5, behind handles that close themselves.
//
// Serial C API, one thread. Every object is written so that equal contents give equal files: format
// bounds 1.8 to 1.10, no object times, no filters, contiguous storage allocated at once. A failure
// throws with the file, the object and HDF5's own words: DataError when reading, ResourceError when
// writing.
#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "cluster/types.hpp"

namespace shardmill {

// What one element of a dataset is in the file; little-endian.
enum class Hdf5Element : u8 { u8_, u16_, i32_, u64_, i64_, f64_, f32_ };
[[nodiscard]] std::size_t element_bytes(Hdf5Element element);
[[nodiscard]] const char* element_name(Hdf5Element element);

// A file, group or dataset. Move-only. Objects must go before their file.
class Hdf5Object {
 public:
  Hdf5Object() = default;
  Hdf5Object(Hdf5Object&& other) noexcept
      : id_(std::exchange(other.id_, -1)), place_(std::move(other.place_)) {}
  Hdf5Object& operator=(Hdf5Object&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(place_, other.place_);
    return *this;
  }
  ~Hdf5Object();

  // Creates a file or replaces what was there. Whatever lies in it begins at multiples of
  // `alignment` bytes.
  static Hdf5Object create_file(const std::filesystem::path& path, u64 alignment = 1);
  static Hdf5Object open_file(const std::filesystem::path& path);
  [[nodiscard]] Hdf5Object create_group(const std::string& name) const;
  // One dimension of n elements; n may be 0.
  [[nodiscard]] Hdf5Object create_dataset(const std::string& name, Hdf5Element element,
                                          u64 n) const;
  // Two dimensions: `rows` times `columns` (at least 1) elements, row by row.
  [[nodiscard]] Hdf5Object create_matrix(const std::string& name, Hdf5Element element, u64 rows,
                                         u64 columns) const;
  // Three dimensions: `n` times `rows` times `columns`, likewise.
  [[nodiscard]] Hdf5Object create_cube(const std::string& name, Hdf5Element element, u64 n,
                                       u64 rows, u64 columns) const;
  // A group or dataset.
  [[nodiscard]] Hdf5Object open(const std::string& name) const;

  // File and object, for messages: "train/0001-r.h5: /columns/text".
  [[nodiscard]] const std::string& place() const { return place_; }
  // The place of what has this name here.
  [[nodiscard]] std::string place_of(const std::string& name) const;
  [[nodiscard]] bool has(const std::string& name) const;
  [[nodiscard]] bool is_group() const;
  // Names of a group's members, sorted (bytes).
  [[nodiscard]] std::vector<std::string> names() const;

  // Elements of a dataset, which must be one-dimensional and of this type (DataError).
  [[nodiscard]] u64 length(Hdf5Element element) const;
  // Where a contiguous dataset begins, in bytes of the file; DataError when it has no such place.
  [[nodiscard]] u64 offset() const;
  // Rows and columns of a dataset of two dimensions and this type (DataError).
  [[nodiscard]] std::pair<u64, u64> shape(Hdf5Element element) const;
  // Of a dataset of three.
  [[nodiscard]] std::array<u64, 3> cube(Hdf5Element element) const;
  // Elements [first, first + n); of more dimensions: of the first, with all that is below. `data`
  // holds them as they are in memory.
  void write(Hdf5Element element, u64 first, u64 n, const void* data) const;
  void read(Hdf5Element element, u64 first, u64 n, void* data) const;

  // Attributes: fixed-length UTF-8 strings, padded with NUL, and u64. Created in sorted order by
  // the caller; set_text() overwrites one of the same length.
  void create_text(const std::string& name, const std::string& text) const;
  void create_number(const std::string& name, u64 value) const;
  void set_text(const std::string& name, const std::string& text) const;
  [[nodiscard]] bool has_attribute(const std::string& name) const;
  [[nodiscard]] std::string text(const std::string& name) const;
  [[nodiscard]] u64 number(const std::string& name) const;

  // HDF5's identifier, for operators/hdf5 only; valid as long as the object.
  [[nodiscard]] i64 id() const { return id_; }

  // Closes; for a file this writes what HDF5 still holds and fails when the disk is full.
  void close();

 private:
  Hdf5Object(i64 id, std::string place) : id_(id), place_(std::move(place)) {}
  [[nodiscard]] Hdf5Object create(const std::string& name, Hdf5Element element,
                                  const std::vector<u64>& sizes) const;
  [[nodiscard]] std::vector<u64> sizes(Hdf5Element element, std::size_t dimensions) const;
  i64 id_ = -1;
  std::string place_;
};

}  // namespace shardmill
