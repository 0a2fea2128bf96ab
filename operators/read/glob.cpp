#include "operators/read/glob.hpp"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <tuple>
#include <unordered_set>

namespace shardmill {
namespace {

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

[[noreturn]] void fail(const std::string& what, const std::string& path, int error) {
  throw DataError(path + ": cannot " + what + ": " + std::strerror(error));
}

bool is_wild(std::string_view component) {
  return component.find_first_of("*?[") != std::string_view::npos;
}

// `folder` ends with '/' or is empty (the working directory).
struct Walk {
  std::vector<std::string> components;
  std::size_t root = 0;  // length of the part of every path that `relative` leaves out
  std::vector<FoundFile>& found;
  std::unordered_set<std::string>& seen;  // by path

  // What matches components[next..] below `folder`.
  void descend(const std::string& folder, std::size_t next) {
    const std::string& component = components[next];
    const bool last = next + 1 == components.size();
    if (component == "**") {
      descend(folder, next + 1);
      for (const Name& name : names(folder)) {
        if (name.folder && !name.link && name.text[0] != '.') {
          descend(folder + name.text + '/', next);
        }
      }
      return;
    }
    if (!is_wild(component)) {
      if (last) {
        add(folder + component);
      } else {
        descend(folder + component + '/', next + 1);
      }
      return;
    }
    for (const Name& name : names(folder)) {
      if (name.text[0] == '.' && component[0] != '.') continue;
      if (!matches_name(component, name.text)) continue;
      if (last) {
        add(folder + name.text);
      } else if (name.folder) {
        descend(folder + name.text + '/', next + 1);
      }
    }
  }

 private:
  struct Name {
    std::string text;
    bool folder = false;  // or a link to one
    bool link = false;
  };

  static std::vector<Name> names(const std::string& folder) {
    std::vector<Name> all;
    const std::string path = folder.empty() ? "." : folder;
    const std::unique_ptr<DIR, CloseFolder> open(::opendir(path.c_str()));
    if (!open) {
      if (errno == ENOENT || errno == ENOTDIR) return all;
      fail("list this folder", path, errno);
    }
    for (;;) {
      errno = 0;
      const dirent* entry = ::readdir(open.get());
      if (!entry) {
        if (errno != 0) fail("list this folder", path, errno);
        return all;
      }
      Name name{entry->d_name, entry->d_type == DT_DIR, entry->d_type == DT_LNK};
      if (name.text == "." || name.text == "..") continue;
      struct stat status {};
      const std::string full = folder + name.text;
      if (entry->d_type == DT_UNKNOWN && ::lstat(full.c_str(), &status) == 0) {
        name.folder = S_ISDIR(status.st_mode);
        name.link = S_ISLNK(status.st_mode);
      }
      if (name.link) name.folder = ::stat(full.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
      all.push_back(std::move(name));
    }
  }

  void add(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) {
      // Not there, vanished, or a link to nowhere.
      if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP) return;
      fail("look into this file's folder", path, errno);
    }
    if (!S_ISREG(status.st_mode) || !seen.insert(path).second) return;
    found.push_back({path, path.substr(root), static_cast<u64>(status.st_size),
                     i64{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec});
  }
};

void search(const std::string& pattern, const std::filesystem::path& base,
            std::vector<FoundFile>& found, std::unordered_set<std::string>& seen) {
  Walk walk{{}, 0, found, seen};
  // Only the pattern is a pattern: `base` may hold any characters.
  std::string root = pattern.starts_with('/') ? "/" : base.string();
  if (!root.empty() && !root.ends_with('/')) root += '/';
  for (std::size_t at = 0; at < pattern.size();) {
    const std::size_t slash = std::min(pattern.find('/', at), pattern.size());
    std::string component = pattern.substr(at, slash - at);
    at = slash + 1;
    if (component.empty() || component == ".") continue;
    if (component == "**" && !walk.components.empty() && walk.components.back() == "**") continue;
    walk.components.push_back(std::move(component));
  }
  if (walk.components.empty()) return;
  if (walk.components.back() == "**") walk.components.emplace_back("*");
  const auto first_wild = std::find_if(walk.components.begin(), walk.components.end() - 1, is_wild);
  for (auto plain = walk.components.begin(); plain != first_wild; ++plain) root += *plain + '/';
  walk.components.erase(walk.components.begin(), first_wild);
  walk.root = root.size();
  walk.descend(root, 0);
}

}  // namespace

std::vector<FoundFile> find_files(const std::vector<std::string>& patterns,
                                  const std::filesystem::path& base) {
  std::vector<FoundFile> found;
  std::unordered_set<std::string> seen;
  for (const std::string& pattern : patterns) search(pattern, base, found, seen);
  std::sort(found.begin(), found.end(), [](const FoundFile& a, const FoundFile& b) {
    return std::tie(a.relative, a.path) < std::tie(b.relative, b.path);
  });
  const auto twice = std::adjacent_find(
      found.begin(), found.end(),
      [](const FoundFile& a, const FoundFile& b) { return a.relative == b.relative; });
  if (twice != found.end()) {
    throw ConfigError("the patterns of one source find two files named '" + twice->relative +
                      "': " + twice->path + " and " + (twice + 1)->path +
                      "; use one pattern whose root holds both, or two sources");
  }
  return found;
}

}  // namespace shardmill
