#include "operators/table/table_rows.hpp"

#include <set>

#include "cluster/agree.hpp"
#include "cluster/watchdog.hpp"
#include "engine/batch/wire.hpp"
#include "engine/plan/fragments.hpp"
#include "engine/plan/spelling.hpp"
#include "engine/store/catalog.hpp"
#include "operators/read/reader.hpp"
#include "operators/table/document_value.hpp"
#include "operators/table/join_key.hpp"

namespace shardmill {
namespace {

// Names that a message may suggest; more are not collected.
constexpr std::size_t kNamesRemembered = 1000;

// What one rank reads at a time: a whole file, or a range of a large plain one.
struct Part {
  FilePart file;
  u64 bytes = 0;
};

std::vector<Part> cut_parts(const TableInput& spec) {
  std::vector<Part> parts;
  const std::vector<FoundFile> files = table_files(spec.files);
  for (u64 ordinal = 0; ordinal < files.size(); ++ordinal) {
    const FoundFile& found = files[ordinal];
    const bool cut = found.size > kFragmentBytes && splittable(spec.source, found.path);
    FilePart file{found.path, found.relative, 0, ordinal};
    for (u64 left = found.size; cut && left > kFragmentBytes; left -= kFragmentBytes) {
      file.end = file.begin + kFragmentBytes;
      parts.push_back({file, kFragmentBytes});
      file.begin = std::exchange(file.end, UINT64_MAX);
    }
    parts.push_back({file, found.size - file.begin});
  }
  return parts;
}

// Rank 0 looks for all: files may change between two looks.
std::vector<Part> parts_everywhere(Communicator& control, const TableInput& spec) {
  const std::string bytes = agree(control, [&] {
    std::string text;
    WireWriter out(text);
    for (const auto& [file, size] : cut_parts(spec)) {
      out.text(file.path);
      out.text(file.relative);
      for (const u64 number : {file.ordinal, file.begin, file.end, size}) out.number(number);
    }
    return text;
  });
  std::vector<Part> parts;
  for (WireReader in(bytes, "parts of a table"); !in.done();) {
    Part part;
    part.file.path = in.text();
    part.file.relative = in.text();
    part.file.ordinal = in.number();
    part.file.begin = in.number();
    part.file.end = in.number();
    part.bytes = in.number();
    parts.push_back(std::move(part));
  }
  return parts;
}

// Turns batches into rows.
class RowMaker final : public BatchSink {
 public:
  RowMaker(Cluster& cluster, const TableInput& spec, Rows& rows)
      : cluster_(cluster),
        spec_(spec),
        rows_(rows),
        kinds_(spec.columns.size()),
        key_seen_(spec.key.size()) {}

  void read(const FilePart& file) {
    cluster_.watchdog.doing("reading " + file.path);
    path_ = file.path;
    try {
      read_part(file, spec_.source, *this);
    } catch (const DataError& error) {
      throw DataError(spec_.step + ": " + error.what());
    }
  }
  [[nodiscard]] u64 rows_read() const { return rows_read_; }
  [[nodiscard]] const std::vector<u64>& kinds() const { return kinds_; }
  [[nodiscard]] const std::vector<u8>& key_seen() const { return key_seen_; }
  [[nodiscard]] const std::set<std::string>& names() const { return names_; }

  void batch(Batch& batch) override {
    cluster_.watchdog.progress();
    const std::vector<const Field*> key = find(batch, spec_.key, key_seen_);
    std::vector<u8> any(spec_.columns.size());
    const std::vector<const Field*> columns = find(batch, spec_.columns, any);
    for (const Field& field : batch.fields) {
      if (names_.size() < kNamesRemembered) names_.insert(field.name);
    }
    rows_read_ += batch.size();
    for (std::size_t row = 0; row < batch.size(); ++row) add(batch.key[row], row, key, columns);
  }
  void quarantined(const Quarantined& record) override {
    throw DataError(path_ + ": offset " + std::to_string(record.offset) + ": " + record.reason +
                    (record.detail.empty() ? "" : ": " + record.detail) +
                    "; every row of a table is needed");
  }

 private:
  static std::vector<const Field*> find(const Batch& batch, const std::vector<std::string>& names,
                                        std::vector<u8>& seen) {
    std::vector<const Field*> fields;
    for (std::size_t i = 0; i < names.size(); ++i) {
      fields.push_back(batch.field(names[i]));
      if (fields.back() != nullptr) seen[i] = 1;
    }
    return fields;
  }
  void add(DocKey place, std::size_t row, const std::vector<const Field*>& key,
           const std::vector<const Field*>& columns) {
    payload_.clear();
    append_sortable(payload_, place.value);
    WireWriter out(payload_);
    for (std::size_t c = 0; c < columns.size(); ++c) {
      const bool present = columns[c] != nullptr && columns[c]->json.has(row);
      if (present) kinds_[c] |= kind_of_json(columns[c]->json[row]);
      out.optional_text(present ? std::optional(columns[c]->json[row]) : std::nullopt);
    }
    key_.begin();
    for (const Field* field : key) {
      if (field == nullptr || !field->json.has(row)) return;
      key_.add(text_of_json(field->json[row], decoded_));
    }
    hash_.clear();
    append_key(hash_, key_.hash());
    rows_.push(hash_, payload_);
  }

  Cluster& cluster_;
  const TableInput& spec_;
  Rows& rows_;
  std::string path_;
  u64 rows_read_ = 0;
  std::vector<u64> kinds_;
  std::vector<u8> key_seen_;
  std::set<std::string> names_;
  JoinKey key_;
  std::string decoded_;
  std::string hash_;
  std::string payload_;
};

// A column without any value is a misspelt one.
void refuse_missing(Cluster& cluster, const TableInput& spec, const RowMaker& made, u64 rows_read) {
  std::vector<u64> seen(made.key_seen().begin(), made.key_seen().end());
  for (const u64 kinds : made.kinds()) seen.push_back(kinds != 0);
  seen = cluster.control.all_max(seen);
  std::string mine;
  WireWriter out(mine);
  for (const std::string& name : made.names()) out.text(name);
  std::set<std::string> names;
  for (const std::string& bytes : cluster.control.all_gather(mine)) {
    for (WireReader in(bytes, "columns of a table"); !in.done();) names.emplace(in.text());
  }
  if (rows_read == 0) return;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    if (seen[i] != 0) continue;
    const bool of_key = i < spec.key.size();
    const std::string& name = of_key ? spec.key[i] : spec.columns[i - spec.key.size()];
    const std::string& where = of_key ? spec.key_where : spec.columns_where;
    fail_together(DataError(where + ": " + spec.step + ": no row of " + joined(spec.files) +
                            " has a value in the column `" + name + "`" +
                            suggestion(name, {names.begin(), names.end()})));
  }
}

std::vector<u64> or_everywhere(Communicator& control, const std::vector<u64>& bits) {
  constexpr u64 kBits = 8;
  std::vector<u64> flags;
  for (const u64 set : bits) {
    for (u64 bit = 0; bit < kBits; ++bit) flags.push_back((set >> bit) & 1);
  }
  flags = control.all_max(flags);
  std::vector<u64> all(bits.size());
  for (std::size_t i = 0; i < flags.size(); ++i) all[i / kBits] |= flags[i] << (i % kBits);
  return all;
}

}  // namespace

SourceSettings table_source(const Settings& settings, const std::string& label) {
  SourceSettings source;
  source.name = label;
  source.is_table = true;
  source.format = format_named(settings.text("format"));
  source.group = settings.text("group");
  source.max_record = settings.size("max_record").value;
  for (const auto& [field, type] : settings.text_map("types")) {
    source.types.emplace_back(field, type_named(type).value());
  }
  return source;
}

std::vector<FoundFile> table_files(const std::vector<std::string>& patterns) {
  for (const std::string& pattern : patterns) {
    const bool is_name = pattern.find_first_of("*?[") == std::string::npos;
    if (is_name && find_files({pattern}, "/").empty()) throw DataError("no file " + pattern);
  }
  std::vector<FoundFile> files = find_files(patterns, "/");
  if (files.empty()) throw DataError("no file matches " + joined(patterns));
  return files;
}

std::string table_digest(const std::vector<std::string>& files) {
  Hasher128 hash;
  for (const FoundFile& file : table_files(files)) {
    hash.add_field(file.relative).add_field(file_digest(file.path));
  }
  return hash.digest().hex();
}

void append_key(std::string& out, const Hash128& hash) {
  append_sortable(out, hash.high);
  append_sortable(out, hash.low);
}

Hash128 read_key(std::string_view bytes) {
  return {read_sortable(bytes), read_sortable(bytes.substr(sizeof(u64)))};
}

TableRows read_table(Cluster& cluster, const TableInput& spec) {
  const std::vector<Part> parts = parts_everywhere(cluster.control, spec);
  std::vector<u64> weights;
  for (const Part& part : parts) weights.push_back(part.bytes);
  const std::vector<Rank> reader = assign_longest_first(weights, cluster.size());
  Rows rows(cluster, spec.step + ".read", cluster.budget.lease(spec.step + ".read", 0.2));
  RowMaker made(cluster, spec, rows);
  agree_all(cluster.control, [&] {
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (reader[i] == cluster.rank()) made.read(parts[i].file);
    }
  });
  const u64 rows_read = cluster.control.all_sum(made.rows_read());
  refuse_missing(cluster, spec, made, rows_read);
  const u64 rows_with_key = cluster.control.all_sum(rows.size());
  TableRows table{std::move(rows), rows_with_key, or_everywhere(cluster.control, made.kinds()), {}};
  for (const Part& part : parts) {
    if (part.file.begin == 0) table.files.push_back(part.file.path);
  }
  return table;
}

}  // namespace shardmill
