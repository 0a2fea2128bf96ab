// A block of documents in memory, column by column.
//
// Between reading and writing, every field but `id` and `text` is kept as the JSON text it had in
// the input: a column's type is only known when the whole epoch has been read (DESIGN, Columns).
// A field that a step has made may hold vectors instead (vector_value.hpp).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/batch/doc_key.hpp"

namespace shardmill {

// Strings back to back: bytes and offsets, the very form that HDF5 gets. A row may be absent.
class TextColumn {
 public:
  void push(std::string_view value) {
    bytes_.append(value);
    offsets_.push_back(bytes_.size());
    valid_.push_back(1);
  }
  void push_absent() {
    offsets_.push_back(bytes_.size());
    valid_.push_back(0);
  }
  [[nodiscard]] std::size_t size() const { return valid_.size(); }
  [[nodiscard]] bool has(std::size_t row) const { return valid_[row] != 0; }
  // Empty where the row is absent.
  [[nodiscard]] std::string_view operator[](std::size_t row) const {
    return {bytes_.data() + offsets_[row], offsets_[row + 1] - offsets_[row]};
  }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }
  [[nodiscard]] const std::vector<u64>& offsets() const { return offsets_; }
  [[nodiscard]] const std::vector<u8>& valid() const { return valid_; }
  void clear() {
    bytes_.clear();
    offsets_.assign(1, 0);
    valid_.clear();
  }

 private:
  std::string bytes_;
  std::vector<u64> offsets_ = {0};
  std::vector<u8> valid_;
};

// A field of the input under its column name; each present value is one JSON value as it stood, or
// each is a vector.
struct Field {
  std::string name;
  TextColumn json;
};

struct Batch {
  std::vector<DocKey> key;
  std::vector<u32> source;  // position in the job's list of sources
  TextColumn id;
  TextColumn text;
  std::vector<Field> fields;  // in the order first seen; each as long as `key`
  u64 made_ids = 0;           // of documents that came without one

  [[nodiscard]] std::size_t size() const { return key.size(); }
  [[nodiscard]] const Field* field(std::string_view name) const {
    for (const Field& f : fields) {
      if (f.name == name) return &f;
    }
    return nullptr;
  }
  // The named field, created with absent rows when new; its last row is that of the last document.
  TextColumn& field_for_append(std::string_view name) {
    for (Field& f : fields) {
      if (f.name == name) return f.json;
    }
    fields.push_back({std::string(name), {}});
    for (std::size_t row = 0; row + 1 < key.size(); ++row) fields.back().json.push_absent();
    return fields.back().json;
  }
  // After the last field of a document: rows that a field did not get are absent.
  void end_document() {
    for (Field& f : fields) {
      if (f.json.size() < key.size()) f.json.push_absent();
    }
  }
  void clear() {
    key.clear();
    source.clear();
    id.clear();
    text.clear();
    fields.clear();
    made_ids = 0;
  }
};

// The type of a published column (DESIGN, Columns). `json` is utf8 that holds JSON text, `vector`
// float32 numbers, as many in each row.
enum class Type : u8 { utf8, json, int64, float64, boolean, vector };
inline constexpr Type kTypes[] = {Type::utf8,    Type::json,    Type::int64,
                                  Type::float64, Type::boolean, Type::vector};
[[nodiscard]] const char* type_name(Type type);
// The type with this name; nothing for any other text.
[[nodiscard]] std::optional<Type> type_named(std::string_view name);

struct ColumnSpec {
  std::string name;
  Type type = Type::utf8;
  u32 dimensions = 0;  // of vector: numbers in a row, at least 1; of others 0
  auto operator<=>(const ColumnSpec&) const = default;
};
// Columns of an epoch's shards, sorted by name (bytes); id, source and text are among them.
using Schema = std::vector<ColumnSpec>;

// What was seen of a field so far: a set of these bits; the epoch's union decides the type.
enum SeenKind : u8 {
  kSeenBool = 1,
  kSeenInt = 2,    // fits int64
  kSeenFloat = 4,  // any other number that float64 holds
  kSeenString = 8,
  kSeenOther = 16,  // object, array, integer beyond int64
  kSeenVector = 32,
};
// null counts as absent. Exactly {bool}: boolean; {int}: int64; {int, float} or {float}: float64;
// {string} or nothing: utf8; {vector}: vector; anything else: json. A vector beside other kinds is
// an InternalError: no step makes a column of both.
[[nodiscard]] Type type_of_seen(u8 seen);
// The bits that a column of this type stands for, beside others that it is to hold too.
[[nodiscard]] u8 seen_of_type(Type type);
// The kind of one value: valid JSON without surrounding space, or a vector; 0 for null.
[[nodiscard]] u8 kind_of_json(std::string_view json);

}  // namespace shardmill
