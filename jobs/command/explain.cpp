#include "jobs/command/explain.hpp"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "engine/observe/progress_text.hpp"
#include "jobs/command/explanation.hpp"
#include "jobs/command/origins.hpp"
#include "jobs/command/output.hpp"

namespace shardmill {
namespace {

using Json = nlohmann::ordered_json;

std::string score_of(const FoundRow& row) {
  if (!row.score || row.score->second <= 0 || row.score->first < 0) return "";
  return score_text(narrow<u64>(row.score->first), narrow<u64>(row.score->second));
}

Json sources_of(const FoundCluster& cluster) {
  try {
    return Json::parse(cluster.sources);
  } catch (const Json::exception& error) {
    throw DataError("clusters/: sources of " + cluster.id + ": " + error.what());
  }
}

std::string fate_text(const Explanation& known, const FoundRow& row) {
  if (row.fate == "kept") {
    const FoundPlace place = known.find(row);
    return "  kept: " + place.shard + ", row " + std::to_string(place.row) + "\n";
  }
  std::string text = row.fate == "evidence"  ? "  also found by " + row.step + ": " + row.reason
                     : row.fate == "changed" ? "  changed by " + row.step + ": " + row.reason
                                             : "  dropped by " + row.step + ": " + row.reason;
  const std::string setting = known.setting_of(row);
  text += (setting.empty() ? "" : " (" + printable(setting) + ")") + "\n";
  if (!row.detector.empty()) {
    const std::string bytes = "bytes " + std::to_string(row.span.first) + " to " +
                              std::to_string(row.span.second) + " of its text as the step saw it";
    const std::string item = printable(row.witness.value_or(""));
    text += row.fate == "changed" ? "    " + bytes + " were cut out because of " + item
                                  : "    it holds " + item + " at " + bytes;
    text += "; " + row.detector + " " + score_of(row) + "\n";
  } else if (row.witness) {
    text += "    because of " + printable(*row.witness) + " (" + row.witness_key + ")";
    const std::string score = score_of(row);
    text +=
        score.empty() ? "; their similarity was not computed\n" : ", similarity " + score + "\n";
    const std::string gone = known.witness_dropped_by(row);
    if (!gone.empty()) text += "    which was itself dropped by " + gone + "\n";
  }
  if (row.fate == "dropped") {
    text += row.reason == "excluded"
                ? "  it was taken down: the ledger has only the hash of its id\n"
                : "  it is gone: no shard has its text\n";
  }
  return text;
}

std::string cluster_text(const Explanation& known, const FoundRow& row) {
  const FoundCluster* cluster = known.cluster_of(row);
  if (cluster == nullptr) return "";
  std::string sources;
  const Json listed = sources_of(*cluster);
  for (const auto& [name, documents] : listed.items()) {
    sources += (sources.empty() ? "" : ", ") + documents.dump() + " from " + printable(name);
  }
  return "  in a cluster of " + std::to_string(cluster->size) + " (" + sources + "), " +
         std::to_string(cluster->kept) + " kept; its first is " + printable(cluster->id) + " (" +
         row.cluster + ")\n";
}

// Nothing when the group is no more than the cluster.
std::string group_text(const Explanation& known, const FoundRow& row) {
  const FoundGroup* group = known.group_of(row);
  if (group == nullptr) return "";
  const FoundCluster* cluster = known.cluster_of(row);
  if (cluster != nullptr && cluster->size == group->size) return "";
  return "  lies in one split with a group of " + std::to_string(group->size) + " by lineage, " +
         std::to_string(group->kept) + " kept; its first is " + printable(group->id) + " (" +
         row.group + ")\n";
}

std::string absorbed_text(const Explanation& known, const FoundRow& row) {
  const std::vector<const FoundRow*> absorbed = known.absorbed_by(row.key);
  if (absorbed.empty()) return "";
  std::string lines;
  for (const FoundRow* other : absorbed) {
    const std::string score = score_of(*other);
    lines += "    " + printable(other->id) + " (" + other->key.text() + ") by " + other->step +
             (score.empty() ? "" : ", similarity " + score) + "\n";
  }
  return "  absorbed " + std::to_string(absorbed.size()) +
         (absorbed.size() == 1 ? " document:\n" : " documents:\n") + lines;
}

std::string as_text(const Explanation& known, const Origins& origins, const std::string& asked) {
  const std::vector<FoundRow>& rows = known.rows();
  std::string text;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const FoundRow& row = rows[i];
    const bool first = i == 0 || rows[i - 1].key != row.key;
    if (first) {
      const std::string place = origins.place_of(row.key);
      text += printable(row.reason == "excluded" ? asked : row.id) + " (" + row.key.text() +
              ") from " + printable(row.source) + (place.empty() ? "" : ": " + place) + "\n";
    }
    text += fate_text(known, row);
    if (!first) continue;
    text += cluster_text(known, row) + group_text(known, row) + absorbed_text(known, row);
  }
  return text;
}

// A row of the ledger and what became of its witness.
Json row_json(const Explanation& known, const FoundRow& row) {
  Json json = Json::parse(row.json);
  const std::string gone = known.witness_dropped_by(row);
  const std::string setting = known.setting_of(row);
  json["setting"] = setting.empty() ? Json(nullptr) : Json(setting);
  json["witness_dropped_by"] = gone.empty() ? Json(nullptr) : Json(gone);
  return json;
}

std::string as_json(const Explanation& known, const Origins& origins, const std::string& asked) {
  const std::vector<FoundRow>& rows = known.rows();
  Json documents = Json::array();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const FoundRow& row = rows[i];
    if (i > 0 && rows[i - 1].key == row.key) {
      documents.back()["evidence"].push_back(row_json(known, row));
      continue;
    }
    Json document = row_json(known, row);
    const std::string path = origins.path_of(row.key);
    document["path"] = path.empty() ? Json(nullptr) : Json(path);
    document["cluster"] = nullptr;
    document["group"] = nullptr;
    if (const FoundCluster* cluster = known.cluster_of(row)) {
      document["cluster"] = {{"key", row.cluster},
                             {"id", cluster->id},
                             {"size", cluster->size},
                             {"kept", cluster->kept},
                             {"sources", sources_of(*cluster)}};
    }
    if (const FoundGroup* group = known.group_of(row)) {
      document["group"] = {
          {"key", row.group}, {"id", group->id}, {"size", group->size}, {"kept", group->kept}};
    }
    document["split"] = nullptr;
    document["shard"] = nullptr;
    document["row"] = nullptr;
    document["evidence"] = Json::array();
    document["absorbed"] = Json::array();
    if (row.fate == "kept") {
      const FoundPlace place = known.find(row);
      document["split"] = place.split;
      document["shard"] = place.shard;
      document["row"] = place.row;
    }
    for (const FoundRow* other : known.absorbed_by(row.key)) {
      document["absorbed"].push_back(Json::parse(other->json));
    }
    documents.push_back(std::move(document));
  }
  const Json json = {{"asked", asked}, {"documents", std::move(documents)}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

int explain_document(const Arguments& arguments) {
  const Dataset dataset(arguments.directory);
  const Explanation known(dataset, arguments.id);
  if (known.rows().empty()) {
    std::string message = "shardmill: " + dataset.folder().string() +
                          ": no document has the id or key `" + printable(arguments.id) + "`";
    if (const u64 unreadable = dataset.manifest().quarantined; unreadable > 0) {
      message += "; " + std::to_string(unreadable) + (unreadable == 1 ? " record" : " records") +
                 " could not be read and may hold it: see " +
                 (dataset.folder() / "quarantine.jsonl").string();
    }
    std::fprintf(stderr, "%s\n", message.c_str());
    return 1;
  }
  Output output;
  const Origins origins(dataset);
  output.write(arguments.json ? as_json(known, origins, arguments.id)
                              : as_text(known, origins, arguments.id));
  output.finish();
  return 0;
}

}  // namespace shardmill
