#include "engine/store/catalog.hpp"

#include <map>
#include <set>
#include <utility>

#include "engine/hash/hash.hpp"
#include "engine/store/file.hpp"

namespace shardmill {
namespace {

// A file's name in the catalogue: source and relative path.
using Name = std::pair<std::string, std::string>;

// The newest version of each name that is not a tombstone.
std::map<Name, std::size_t> live_by_name(const Catalog& catalog) {
  std::map<Name, std::size_t> found;
  for (std::size_t i = 0; i < catalog.files.size(); ++i) {
    const FileVersion& file = catalog.files[i];
    if (!file.tombstone) found[{file.source, file.relative}] = i;
  }
  return found;
}

void append_version(Catalog& catalog, const Listed& listed, u32 epoch) {
  const u64 ordinal = catalog.files.size();
  if (ordinal >= DocKey::kForeign) {
    throw DataError(listed.path.string() + ": the catalogue is full: it holds " +
                    std::to_string(ordinal) + " file versions; start a new dataset");
  }
  catalog.files.push_back({ordinal, epoch, listed.source, listed.relative, listed.size,
                           listed.mtime_ns, "", false, listed.mtime_ns});
}

// Epochs come in their order.
void merge(const ColumnSpec& column, u32 epoch, std::map<std::string, ColumnSpec>& merged) {
  const auto [there, is_new] = merged.emplace(column.name, column);
  ColumnSpec& all = there->second;
  if (is_new || all == column) return;
  if (all.type == Type::vector || column.type == Type::vector) {
    throw DataError("column `" + column.name + "`: epoch " + std::to_string(epoch) +
                    " has other values than epochs before it, vectors or of another length: they "
                    "cannot be published as one");
  }
  all.type = type_of_seen(seen_of_type(all.type) | seen_of_type(column.type));
}

}  // namespace

std::map<u32, Schema> Catalog::shard_schemas() const {
  std::map<u32, Schema> published;
  std::map<std::string, ColumnSpec> merged;
  std::set<u32> alive;
  for (const FileVersion& file : files) {
    if (!file.tombstone) alive.insert(file.epoch);
  }
  for (const auto& [of, schema] : schemas) {
    if (of > compacted) {
      published[of] = schema;
    } else if (alive.contains(of)) {
      for (const ColumnSpec& column : schema) merge(column, of, merged);
    }
  }
  for (const auto& [name, column] : merged) published[compacted].push_back(column);
  return published;
}

std::vector<FileVersion> Catalog::live() const {
  std::vector<FileVersion> found;
  for (const FileVersion& file : files) {
    if (!file.tombstone) found.push_back(file);
  }
  return found;
}

bool update(Catalog& catalog, const std::vector<Listed>& now,
            const std::function<std::string(const std::filesystem::path&)>& digest_of) {
  bool changed = false;
  const std::map<Name, std::size_t> known = live_by_name(catalog);
  std::set<Name> seen;
  std::vector<const Listed*> fresh;
  for (const Listed& listed : now) {
    const Name name{listed.source, listed.relative};
    if (!seen.insert(name).second) {
      throw InternalError("source " + listed.source + " lists " + listed.relative + " twice");
    }
    const auto found = known.find(name);
    if (found == known.end()) {
      fresh.push_back(&listed);
      continue;
    }
    FileVersion& version = catalog.files[found->second];
    if (version.size == listed.size && version.mtime_ns == listed.mtime_ns) continue;
    changed = true;
    if (!version.digest.empty() && digest_of(listed.path) == version.digest) {
      version.size = listed.size;
      version.mtime_ns = listed.mtime_ns;
    } else {
      version.tombstone = true;
      fresh.push_back(&listed);
    }
  }
  for (const auto& [name, index] : known) {
    if (!seen.contains(name)) {
      catalog.files[index].tombstone = true;
      changed = true;
    }
  }
  if (!fresh.empty()) {
    changed = true;
    catalog.epoch = narrow<u32>(u64{catalog.epoch} + 1);
    for (const Listed* listed : fresh) append_version(catalog, *listed, catalog.epoch);
  }
  if (changed) ++catalog.revision;
  return changed;
}

std::string file_digest(const std::filesystem::path& path) {
  const File file = File::open_read(path);
  std::vector<char> buffer(std::size_t{256} * 1024);
  Hasher128 hasher;
  for (u64 offset = 0;;) {
    const std::size_t got = file.read_at(offset, buffer);
    if (got == 0) return hasher.digest().hex();
    hasher.add({buffer.data(), got});
    offset += got;
  }
}

}  // namespace shardmill
