// manifest.json: what a snapshot is. Every field is listed in docs/formats.md.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cluster/types.hpp"
#include "jobs/run/side_files.hpp"
#include "operators/write/text_shard_writer.hpp"

namespace shardmill {

inline constexpr u64 kManifestVersion = 1;

struct ShardRecord {
  std::string path;   // below the snapshot
  std::string split;  // empty for side tables
  u64 bytes = 0;
  u64 documents = 0;  // rows
  std::string sha256;
  std::string logical_digest;
  std::string content;                // hexadecimal; equal content and path: the same shard
  std::vector<ShardFile> files = {};  // that belong to it
  bool operator==(const ShardRecord&) const = default;
};

struct InputRecord {
  std::string source;
  std::string path;  // below the glob's root; other bytes than UTF-8 as \xNN
  u64 bytes = 0;
  std::string digest;
  u32 epoch = 0;
  std::string failure;  // why the file, tolerated, gives no documents; empty for all others
  bool operator==(const InputRecord&) const = default;
};

struct Manifest {
  std::string dataset;
  u64 snapshot = 0;
  std::optional<u64> parent;
  std::string job;  // the job file as it is
  std::vector<std::string> overrides;
  std::vector<InputRecord> inputs;
  std::optional<std::vector<SideFile>> side_files;  // nothing: of a version that kept none
  u64 documents_in = 0;
  u64 documents_kept = 0;
  std::map<std::string, std::map<std::string, u64>> dropped;
  std::map<std::string, u64> changed;
  std::map<std::string, u64> cut_bytes;
  std::map<std::string, std::map<std::string, u64>> joined;  // see RunCounts
  u64 quarantined = 0;
  u64 duplicate_ids = 0;
  std::map<std::string, u64> splits;
  std::map<std::string, u64> tokens;  // by split, those that end documents included
  std::map<std::string, std::map<std::string, u64>> mixture;        // as RunCounts
  std::map<std::string, std::map<std::string, u64>> source_tokens;  // see RunCounts
  std::map<std::string, u64> lineage;                               // see RunCounts
  std::map<std::string, std::map<std::string, u64>> by_source;      // see RunCounts
  std::vector<ShardRecord> shards;                                  // by path
  std::string logical_digest;
  std::string contamination_sha256;  // of contamination.json; empty: there is none
};

[[nodiscard]] std::string to_json(const Manifest& manifest);
// DataError naming `path` when it is not a manifest of this version.
[[nodiscard]] Manifest manifest_from_json(const std::string& text, const std::string& path);
[[nodiscard]] Manifest read_manifest(const std::filesystem::path& path);

// One record on one line, and back.
[[nodiscard]] std::string to_json(const ShardRecord& record);
[[nodiscard]] ShardRecord shard_from_json(const std::string& text, const std::string& where);

}  // namespace shardmill
