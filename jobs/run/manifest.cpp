#include "jobs/run/manifest.hpp"

#include <nlohmann/json.hpp>

#include "engine/store/file.hpp"

namespace shardmill {
namespace {

using Json = nlohmann::ordered_json;

Json shard_json(const ShardRecord& shard) {
  Json json = {
      {"path", shard.path},      {"split", shard.split.empty() ? Json(nullptr) : Json(shard.split)},
      {"bytes", shard.bytes},    {"documents", shard.documents},
      {"sha256", shard.sha256},  {"logical_digest", shard.logical_digest},
      {"content", shard.content}};
  for (const ShardFile& file : shard.files) {
    json["files"].push_back({{"path", file.path}, {"bytes", file.bytes}, {"sha256", file.sha256}});
  }
  return json;
}

ShardRecord shard_record(const Json& json) {
  ShardRecord shard;
  shard.path = json.at("path");
  if (!json.at("split").is_null()) shard.split = json.at("split");
  shard.bytes = json.at("bytes");
  shard.documents = json.at("documents");
  shard.sha256 = json.at("sha256");
  shard.logical_digest = json.at("logical_digest");
  shard.content = json.at("content");
  for (const Json& file : json.value("files", Json::array())) {
    shard.files.push_back({file.at("path"), file.at("bytes"), file.at("sha256")});
  }
  return shard;
}

}  // namespace

std::string to_json(const Manifest& manifest) {
  Json inputs = Json::array();
  for (const InputRecord& input : manifest.inputs) {
    inputs.push_back({{"source", input.source},
                      {"path", input.path},
                      {"bytes", input.bytes},
                      {"digest", input.digest},
                      {"epoch", input.epoch}});
    if (!input.failure.empty()) inputs.back()["failure"] = input.failure;
  }
  Json side_files = Json::array();
  for (const SideFile& file : manifest.side_files.value_or(std::vector<SideFile>{})) {
    side_files.push_back({{"step", file.step}, {"path", file.path}, {"digest", file.digest}});
  }
  Json shards = Json::array();
  for (const ShardRecord& shard : manifest.shards) shards.push_back(shard_json(shard));
  const Json json = {
      {"schema_version", kManifestVersion},
      {"dataset", manifest.dataset},
      {"snapshot", manifest.snapshot},
      {"parent", manifest.parent ? Json(*manifest.parent) : Json(nullptr)},
      {"job", manifest.job},
      {"overrides", manifest.overrides},
      {"inputs", inputs},
      {"side_files", side_files},
      {"documents_in", manifest.documents_in},
      {"documents_kept", manifest.documents_kept},
      {"dropped", manifest.dropped},
      {"changed", manifest.changed},
      {"cut_bytes", manifest.cut_bytes},
      {"joined", manifest.joined},
      {"quarantined", manifest.quarantined},
      {"duplicate_ids", manifest.duplicate_ids},
      {"splits", manifest.splits},
      {"lineage", manifest.lineage},
      {"sources", manifest.by_source},
      {"shards", shards},
      {"logical_digest", manifest.logical_digest},
      {"tokens", manifest.tokens},
      {"mixture", manifest.mixture},
      {"source_tokens", manifest.source_tokens},
      {"contamination_sha256",
       manifest.contamination_sha256.empty() ? Json(nullptr) : Json(manifest.contamination_sha256)},
  };
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Manifest manifest_from_json(const std::string& text, const std::string& path) {
  try {
    const Json json = Json::parse(text);
    if (json.at("schema_version") != kManifestVersion) {
      throw DataError(path + ": a manifest of schema version " + json.at("schema_version").dump() +
                      ", expected " + std::to_string(kManifestVersion));
    }
    Manifest manifest;
    manifest.dataset = json.at("dataset");
    manifest.snapshot = json.at("snapshot");
    if (!json.at("parent").is_null()) manifest.parent = json.at("parent").get<u64>();
    manifest.job = json.at("job");
    manifest.overrides = json.at("overrides").get<std::vector<std::string>>();
    for (const Json& input : json.at("inputs")) {
      manifest.inputs.push_back({input.at("source"), input.at("path"), input.at("bytes"),
                                 input.at("digest"), input.at("epoch"),
                                 input.value("failure", "")});
    }
    if (const auto files = json.find("side_files"); files != json.end()) {
      manifest.side_files.emplace();
      for (const Json& file : *files) {
        manifest.side_files->push_back({file.at("step"), file.at("path"), file.at("digest")});
      }
    }
    manifest.documents_in = json.at("documents_in");
    manifest.documents_kept = json.at("documents_kept");
    json.at("dropped").get_to(manifest.dropped);
    json.at("changed").get_to(manifest.changed);
    if (json.contains("cut_bytes")) json.at("cut_bytes").get_to(manifest.cut_bytes);
    if (json.contains("joined")) json.at("joined").get_to(manifest.joined);
    manifest.quarantined = json.at("quarantined");
    manifest.duplicate_ids = json.at("duplicate_ids");
    json.at("splits").get_to(manifest.splits);
    if (json.contains("lineage")) json.at("lineage").get_to(manifest.lineage);
    if (json.contains("sources")) json.at("sources").get_to(manifest.by_source);
    if (json.contains("tokens")) json.at("tokens").get_to(manifest.tokens);
    if (json.contains("mixture")) json.at("mixture").get_to(manifest.mixture);
    if (json.contains("source_tokens")) json.at("source_tokens").get_to(manifest.source_tokens);
    for (const Json& shard : json.at("shards")) manifest.shards.push_back(shard_record(shard));
    manifest.logical_digest = json.at("logical_digest");
    const auto certificate = json.find("contamination_sha256");
    if (certificate != json.end() && certificate->is_string()) {
      manifest.contamination_sha256 = certificate->get<std::string>();
    }
    return manifest;
  } catch (const nlohmann::json::exception& error) {
    throw DataError(path + ": not a manifest: " + error.what());
  }
}

Manifest read_manifest(const std::filesystem::path& path) {
  return manifest_from_json(read_whole_file(path), path.string());
}

std::string to_json(const ShardRecord& record) { return shard_json(record).dump(); }

ShardRecord shard_from_json(const std::string& text, const std::string& where) {
  try {
    return shard_record(Json::parse(text));
  } catch (const nlohmann::json::exception& error) {
    throw DataError(where + ": not a shard's record: " + error.what());
  }
}

}  // namespace shardmill
