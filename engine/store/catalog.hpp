// The catalogue: every version of every input file that the dataset is or was made of.
//
// A file version gets the next free ordinal, never used again, before it is read; arrival order of
// documents, epochs and columns all follow from here (DESIGN 2).
#pragma once

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "engine/batch/batch.hpp"

namespace shardmill {

struct FileVersion {
  u64 ordinal = 0;  // below DocKey::kForeign
  u32 epoch = 0;    // 1 and up: the epoch that first saw this version
  std::string source;
  std::string relative;    // path below the glob's root; any bytes
  u64 size = 0;            // bytes of the file as it lies there
  i64 mtime_ns = 0;        // nanoseconds since 1970
  std::string digest;      // file_digest(); empty until the file has been read
  bool tombstone = false;  // replaced or vanished: hides its rows
  // mtime_ns when the version was first seen: with the size, what names its content in the store. A
  // dry run gives an ordinal that no catalogue remembers, and another version may get it.
  i64 first_mtime_ns = 0;
  auto operator<=>(const FileVersion&) const = default;
};

struct Catalog {
  std::vector<FileVersion> files;  // files[i].ordinal == i
  u32 epoch = 0;                   // of the newest versions; 0 before the first file
  std::map<u32, Schema> schemas;   // epoch -> columns, once all of the epoch has been read
  u64 revision = 0;                // counts updates that changed anything
  u32 compacted = 0;               // epochs up to this one are published as one, under its number
  bool operator==(const Catalog&) const = default;

  // Versions that are not tombstones, by ordinal.
  [[nodiscard]] std::vector<FileVersion> live() const;
  // The number under which an epoch is published.
  [[nodiscard]] u32 shard_epoch(u32 of) const { return std::max(of, compacted); }
  // The columns of what is published under each number: of epochs that are one, those that have
  // files still, each column with a type that holds its values in all of them. DataError when a
  // column has vectors in some and other values, or vectors of another length, in others.
  [[nodiscard]] std::map<u32, Schema> shard_schemas() const;
};

// A file as it is found now.
struct Listed {
  std::string source;
  std::string relative;
  std::filesystem::path path;
  u64 size = 0;
  i64 mtime_ns = 0;
};

// Absent: an empty catalogue. One that cannot be understood is a DataError with file and place.
[[nodiscard]] Catalog load_catalog(const std::filesystem::path& path);
// Atomic. Rank 0 only.
void save_catalog(const Catalog& catalog, const std::filesystem::path& path);

// Brings the catalogue up to what is listed now; `now` is sorted by (position of the source in the
// job, relative path as bytes), each file once (InternalError). Returns whether anything changed.
//
// Same source, path, size and mtime: the same version. Another size or mtime: when a digest is
// recorded and digest_of(path) gives the same, the version stays and takes the new size and mtime;
// otherwise it becomes a tombstone and a new version follows. A file that is gone becomes a
// tombstone; one that comes back is a new version. New versions get ordinals in the order of `now`
// and, if there are any, a new epoch. Too many versions are a DataError.
bool update(Catalog& catalog, const std::vector<Listed>& now,
            const std::function<std::string(const std::filesystem::path&)>& digest_of);

// The text itself when it is valid UTF-8, else with \xNN for every byte above ASCII.
[[nodiscard]] std::string utf8_or_escaped(const std::string& text);

// XXH3-128 of the file's bytes, as xxh128sum prints it. Throws DataError.
[[nodiscard]] std::string file_digest(const std::filesystem::path& path);

}  // namespace shardmill
