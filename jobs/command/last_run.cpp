#include "jobs/command/last_run.hpp"

#include <nlohmann/json.hpp>

#include "cluster/error.hpp"
#include "engine/store/file.hpp"
#include "engine/store/snapshot.hpp"
#include "jobs/run/manifest.hpp"

namespace shardmill {

std::optional<LastRun> last_run(const std::filesystem::path& output) {
  const Snapshots snapshots(output);
  const std::optional<u64> current = snapshots.current();
  if (!current) return std::nullopt;
  const std::filesystem::path folder = snapshots.path_of(*current);
  LastRun last;
  for (const InputRecord& input : read_manifest(folder / "manifest.json").inputs) {
    last.bytes += input.bytes;
  }
  const std::filesystem::path record = folder / "run.json";
  try {
    const auto json = nlohmann::json::parse(read_whole_file(record));
    last.ranks = json.at("ranks");
    last.seconds = json.at("seconds");
    for (const auto& stage : json.at("stages")) {
      if (stage.at("name") == "read") last.read_seconds += stage.at("seconds").get<double>();
    }
    const double fragments = json.at("fragments");
    const double read =
        json.at("fragments_read").get<double>() + json.value("fragments_sketched", 0.0);
    if (fragments > 0) {
      last.bytes_read = static_cast<u64>(static_cast<double>(last.bytes) * read / fragments);
    }
  } catch (const nlohmann::json::exception& error) {
    throw DataError(record.string() + ": not a record of a run: " + error.what());
  }
  return last;
}

std::optional<double> expected_seconds(const LastRun& last, u64 bytes, u64 to_read, u64 ranks) {
  const auto share = [](u64 part, u64 whole) {
    return static_cast<double>(part) / static_cast<double>(whole);
  };
  if (last.bytes == 0 || (to_read > 0 && last.bytes_read == 0)) return std::nullopt;
  const double read = to_read == 0 ? 0 : last.read_seconds * share(to_read, last.bytes_read);
  const double rest = (last.seconds - last.read_seconds) * share(bytes, last.bytes);
  return (read + rest) * share(last.ranks, ranks);
}

}  // namespace shardmill
