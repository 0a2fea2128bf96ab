// A published snapshot, opened to be looked at: its folder, its manifest, the rows of its shards.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "jobs/run/manifest.hpp"
#include "operators/write/text_shard_reader.hpp"

namespace shardmill {

// What the path of a shard says: "text/train/0001-01.h5".
struct ShardName {
  std::string folder;  // "text/train/"
  u32 epoch = 0;
  u32 depth = 0;   // bits in the prefix, 0 to 64
  u64 prefix = 0;  // the bits, at the top

  // DataError for a path that no shard has.
  [[nodiscard]] static ShardName parse(const std::string& path);
  // Whether a row at this place (64-bit hash of its id) belongs here.
  [[nodiscard]] bool holds(u64 place) const {
    return depth == 0 || (place ^ prefix) >> (64 - depth) == 0;
  }
};

class Dataset {
 public:
  // See find_snapshot. DataError when there is no dataset or its manifest cannot be read.
  explicit Dataset(const std::string& named);

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  [[nodiscard]] const Manifest& manifest() const { return manifest_; }
  // Those below a folder ("text/", "ledger/", "clusters/"), by path.
  [[nodiscard]] std::vector<const ShardRecord*> shards(std::string_view below) const;
  // Those of tokens. ConfigError in the name of `command` when there are none.
  [[nodiscard]] std::vector<const ShardRecord*> token_shards(const std::string& command) const;
  [[nodiscard]] TextShardReader open(const ShardRecord& shard) const {
    return TextShardReader(folder_ / shard.path);
  }

 private:
  std::filesystem::path folder_;
  Manifest manifest_;
};

// Calls visit(rows, i) for every row of a shard in order, in bounded memory; the number of the row
// is rows.first() + i. When visit returns a bool, false ends it.
template <class Visit>
void for_each_row(const TextShardReader& reader, Visit&& visit) {
  ShardRows rows;
  for (u64 first = 0; first < reader.n_documents();) {
    first = reader.read(first, reader.n_documents(), rows);
    for (u64 i = 0; i < rows.size(); ++i) {
      if constexpr (std::is_same_v<decltype(visit(rows, i)), bool>) {
        if (!visit(rows, i)) return;
      } else {
        visit(rows, i);
      }
    }
  }
}

}  // namespace shardmill
