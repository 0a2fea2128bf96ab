#include "jobs/run/store_use.hpp"

#include <algorithm>
#include <set>
#include <string>

#include "engine/store/file.hpp"

namespace shardmill {
namespace {

namespace fs = std::filesystem;

// A name a line, relative to the store.
fs::path list_of(const fs::path& store) { return store / "used.txt"; }

// Whether it, or something in it, was committed after this time.
bool committed_after(const fs::path& unit, fs::file_time_type time) {
  if (!fs::is_directory(unit)) return fs::last_write_time(unit) > time;
  for (const fs::directory_entry& part : fs::directory_iterator(unit)) {
    if (part.last_write_time() > time) return true;
  }
  return false;
}

}  // namespace

void note_store_use(const fs::path& store, const std::vector<fs::path>& used) {
  std::set<std::string> names;
  for (const fs::path& path : used) names.insert(path.lexically_relative(store).string());
  std::string text;
  for (const std::string& name : names) text += name + "\n";
  write_file_atomically(list_of(store), text);
}

std::vector<fs::path> unused_in_store(const fs::path& store) {
  std::vector<fs::path> unused;
  if (!fs::exists(list_of(store))) return unused;
  const fs::file_time_type end = fs::last_write_time(list_of(store));
  const std::string text = read_whole_file(list_of(store));
  std::set<std::string> used;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t stop = std::min(text.find('\n', at), text.size());
    used.insert(text.substr(at, stop - at));
    at = stop + 1;
  }
  // One folder for each kind of file; below it each file, or folder of a step, is a unit.
  for (const fs::directory_entry& kind : fs::directory_iterator(store)) {
    if (!kind.is_directory()) continue;
    for (const fs::directory_entry& unit : fs::directory_iterator(kind.path())) {
      const bool wanted = used.contains(unit.path().lexically_relative(store).string()) ||
                          committed_after(unit.path(), end);
      if (!wanted) unused.push_back(unit.path());
    }
  }
  std::sort(unused.begin(), unused.end());
  return unused;
}

void remove_unit(const fs::path& unit) {
  // First: what is left when this is killed is nobody's.
  if (fs::is_directory(unit)) fs::remove(unit / "done");
  fs::remove_all(unit);
}

}  // namespace shardmill
