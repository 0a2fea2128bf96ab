#include "jobs/command/snapshots.hpp"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "engine/observe/progress_text.hpp"
#include "jobs/command/output.hpp"
#include "jobs/command/snapshot_list.hpp"
#include "jobs/run/manifest.hpp"

namespace shardmill {
namespace {

using Json = nlohmann::ordered_json;

std::string tags_text(const SnapshotInfo& snapshot) {
  std::string text;
  for (const std::string& tag : snapshot.tags) text += "  " + printable(tag);
  return text;
}

void move_current(Snapshots& snapshots, u64 number) {
  (void)read_manifest(snapshots.path_of(number) / "manifest.json");  // readers need it
  const auto before = snapshots.current();
  snapshots.make_current(number);
  std::fprintf(stderr, "shardmill: %s is current%s\n", snapshots.path_of(number).c_str(),
               before == number ? " already"
               : before         ? (", before it was " + std::to_string(*before)).c_str()
                                : "");
}

void refuse_bad_tag(const std::string& name) {
  const bool number = name.find_first_not_of("0123456789") == std::string::npos;
  const bool good = !number && name != "current" && name.front() != '.' &&
                    name.find_first_not_of(
                        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                        "0123456789._-") == std::string::npos;
  if (good) return;
  throw ConfigError(
      "shardmill tag: `" + name +
      "` is no name: letters, digits and . _ - only, and neither a number nor `current`");
}

}  // namespace

int list_snapshots(const Arguments& arguments) {
  const Snapshots snapshots = existing_dataset(arguments.directory);
  Json json = Json::array();
  std::string text;
  for (const SnapshotInfo& snapshot : snapshot_list(snapshots)) {
    const bool good = snapshot.damage.empty();
    json.push_back({{"snapshot", snapshot.number},
                    {"current", snapshot.current},
                    {"tags", snapshot.tags},
                    {"read", snapshot.read},
                    {"made", snapshot.made.empty() ? Json(nullptr) : Json(snapshot.made)},
                    {"documents_kept", good ? Json(snapshot.documents_kept) : Json(nullptr)},
                    {"damage", good ? Json(nullptr) : Json(snapshot.damage)},
                    {"bytes", snapshot.bytes},
                    {"bytes_not_shared", snapshot.bytes_not_shared}});
    text += (snapshot.current ? "* " : "  ") + std::to_string(snapshot.number) + "  " +
            snapshot.made + "  " +
            (good ? amount_text(static_cast<double>(snapshot.documents_kept), "") + " documents  "
                  : "DAMAGED (" + printable(snapshot.damage) + ")  ") +
            amount_text(static_cast<double>(snapshot.bytes), "B") + ", " +
            amount_text(static_cast<double>(snapshot.bytes_not_shared), "B") + " of them its own" +
            tags_text(snapshot) + (snapshot.read ? "  (being read)" : "") + "\n";
  }
  Output output;
  output.write(arguments.json ? json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"
                              : text);
  output.finish();
  return 0;
}

int publish_snapshot(const Arguments& arguments) {
  Snapshots snapshots = existing_dataset(arguments.directory);
  const DatasetLock lock(arguments.directory, arguments.wait.value_or(0));
  snapshots.finish_publication();
  move_current(snapshots, existing_snapshot(snapshots, arguments.snapshot));
  return 0;
}

int roll_back(const Arguments& arguments) {
  Snapshots snapshots = existing_dataset(arguments.directory);
  const DatasetLock lock(arguments.directory, arguments.wait.value_or(0));
  snapshots.finish_publication();
  const auto current = snapshots.current();
  if (!current) throw DataError(arguments.directory + ": no snapshot is current");
  std::optional<u64> target = arguments.snapshot;
  for (const u64 number : snapshots.numbers()) {
    if (!arguments.snapshot && number < *current) target = number;  // the last of them
  }
  if (!target) {
    throw DataError(arguments.directory + ": there is no snapshot before " +
                    std::to_string(*current));
  }
  const u64 number = existing_snapshot(snapshots, target);
  if (number > *current) {
    throw ConfigError("shardmill rollback: snapshot " + std::to_string(number) +
                      " is newer than the current one, " + std::to_string(*current) +
                      "; `shardmill publish` makes it current");
  }
  move_current(snapshots, number);
  return 0;
}

int tag_snapshot(const Arguments& arguments) {
  refuse_bad_tag(arguments.name);
  Snapshots snapshots = existing_dataset(arguments.directory);
  const DatasetLock lock(arguments.directory, arguments.wait.value_or(0));
  snapshots.finish_publication();
  if (arguments.remove) {
    if (!snapshots.untag(arguments.name)) {
      throw DataError(arguments.directory + ": no snapshot is tagged " + arguments.name);
    }
    std::fprintf(stderr, "shardmill: nothing is tagged %s now\n", arguments.name.c_str());
    return 0;
  }
  const u64 number =
      existing_snapshot(snapshots, arguments.snapshot ? arguments.snapshot : snapshots.current());
  const auto tags = snapshots.tags();
  const auto before = tags.find(arguments.name);
  if (before != tags.end() && before->second != number) {  // it keeps that one from `gc`
    throw DataError(arguments.directory + ": " + arguments.name + " is the name of snapshot " +
                    std::to_string(before->second) + "; take it away first: --remove");
  }
  snapshots.tag(arguments.name, number);
  std::fprintf(stderr, "shardmill: %s is tagged %s\n", snapshots.path_of(number).c_str(),
               arguments.name.c_str());
  return 0;
}

}  // namespace shardmill
