#include "jobs/run/staging.hpp"

#include <algorithm>
#include <map>

#include "engine/hash/hash.hpp"
#include "engine/store/file.hpp"
#include "operators/write/token_shard_writer.hpp"

namespace shardmill {

std::string content_text(const Shard& shard) { return Hash128{0, shard.content}.hex().substr(16); }

std::filesystem::path Staging::record_path(const std::string& shard) const {
  std::string name = shard;
  std::replace(name.begin(), name.end(), '/', '_');
  return folder_ / ".shards" / name;
}

std::optional<ShardRecord> Staging::complete(const Shard& shard) const {
  const std::filesystem::path path = record_path(shard.path);
  std::error_code missing;
  const u64 bytes = std::filesystem::file_size(folder_ / shard.path, missing);
  if (missing || !std::filesystem::exists(path)) return std::nullopt;
  ShardRecord record = shard_from_json(read_whole_file(path), path.string());
  if (record.bytes != bytes || record.path != shard.path || record.content != content_text(shard))
    return std::nullopt;
  for (const ShardFile& file : record.files) {
    if (std::filesystem::file_size(folder_ / file.path, missing) != file.bytes || missing) {
      return std::nullopt;
    }
  }
  return record;
}

void Staging::share(const ShardRecord& record, const std::filesystem::path& from) const {
  const auto link = [&](const std::string& path) {
    std::filesystem::create_directories((folder_ / path).parent_path());
    hard_link_or_copy(from / path, folder_ / path);
  };
  link(record.path);
  for (const ShardFile& file : record.files) {
    if (file.path.ends_with(".bin")) {
      link_beside(folder_ / record.path, folder_ / file.path);
    } else {
      link(file.path);
    }
  }
}

std::vector<std::optional<ShardRecord>> Staging::reuse(const std::vector<Shard>& planned,
                                                       const std::vector<ShardRecord>& previous,
                                                       const std::filesystem::path& previous_folder,
                                                       const std::set<std::string>& damaged) {
  std::map<std::string, const ShardRecord*> published;
  for (const ShardRecord& record : previous) published[record.path] = &record;
  std::vector<std::optional<ShardRecord>> have;
  std::set<std::filesystem::path> wanted;
  for (const Shard& shard : planned) {
    if (damaged.contains(shard.path)) {
      have.emplace_back();
      continue;
    }
    have.push_back(complete(shard));
    const auto before = published.find(shard.path);
    if (!have.back() && before != published.end() &&
        before->second->content == content_text(shard)) {
      share(*before->second, previous_folder);
      note(*before->second);
      have.back() = *before->second;
    }
    if (have.back()) {
      wanted.insert(folder_ / shard.path);
      for (const ShardFile& file : have.back()->files) wanted.insert(folder_ / file.path);
      wanted.insert(record_path(shard.path));
    }
  }
  std::vector<std::filesystem::path> left_over;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_)) {
    // Files of the folder itself (quarantine.jsonl, run.json) are written anew by every run.
    const bool shard = entry.path().parent_path() != folder_;
    if (shard && entry.is_regular_file() && !wanted.contains(entry.path()))
      left_over.push_back(entry.path());
  }
  for (const std::filesystem::path& path : left_over) std::filesystem::remove(path);
  return have;
}

void Staging::note(const ShardRecord& record) const {
  std::filesystem::create_directories(folder_ / ".shards");
  write_file_atomically(record_path(record.path), to_json(record));
}

bool Staging::has_records() const { return std::filesystem::exists(folder_ / ".shards"); }

void Staging::forget_records() const { std::filesystem::remove_all(folder_ / ".shards"); }

}  // namespace shardmill
