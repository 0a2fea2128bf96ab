// Which files a source's patterns mean.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/types.hpp"

namespace shardmill {

struct FoundFile {
  std::string path;      // as opened
  std::string relative;  // to its pattern's root, '/' between folders: what the catalogue knows
  u64 size = 0;          // bytes, as stored
  i64 mtime_ns = 0;      // since 1970
};

// The regular files that the patterns match, sorted by the bytes of `relative`; empty when there
// are none. In a pattern `*` is any characters but '/', `?` is one, `[a-z]` and `[!a-z]` one of a
// set (`[*]` is a star), and a component `**` any number of folders, also none; at the end it means
// every file below. Relative patterns start at `base`.
//
// The root is the part before the first component with a wildcard, of a plain path its folder.
// Links to files are followed, links to folders too except by `**`. Names that start with a dot
// match only components that do. A file that several patterns match comes once, as the first names
// it.
//
// Throws DataError for a folder that may not be read, and ConfigError when two files would have the
// same `relative` (two roots in one list).
[[nodiscard]] std::vector<FoundFile> find_files(const std::vector<std::string>& patterns,
                                                const std::filesystem::path& base);

// One component of a pattern against one name; characters are UTF-8 code points.
[[nodiscard]] bool matches_name(std::string_view pattern, std::string_view name);

}  // namespace shardmill
