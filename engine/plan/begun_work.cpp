#include "engine/plan/begun_work.hpp"

#include <algorithm>

#include "cluster/agree.hpp"
#include "engine/batch/wire.hpp"

namespace shardmill {

namespace fs = std::filesystem;

BegunWork::BegunWork(fs::path folder, std::string step, std::function<void()> on_commit)
    : folder_(std::move(folder)), step_(std::move(step)), on_commit_(std::move(on_commit)) {}

std::vector<std::string> BegunWork::parts(Cluster& cluster) const {
  const std::string text = agree(cluster.control, [&] {
    std::string names;
    WireWriter out(names);
    if (!fs::exists(folder_)) return names;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder_)) {
      const std::string name = entry.path().filename().string();
      if (!name.starts_with('.')) out.text(name);  // not what a killed run was writing
    }
    return names;
  });
  std::vector<std::string> names;
  for (WireReader in(text, "parts of a begun step"); !in.done();) names.emplace_back(in.text());
  std::sort(names.begin(), names.end());
  return names;
}

bool BegunWork::read(const std::string& part,
                     const std::function<void(const SegmentReader&)>& f) const {
  try {
    f(SegmentReader(folder_ / part));
    return true;
  } catch (const DataError&) {
    return false;
  }
}

void BegunWork::write(const std::string& part, const std::function<void(SegmentWriter&)>& f) const {
  fs::create_directories(folder_);
  SegmentWriter segment(folder_ / part);
  f(segment);
  segment.commit();
  on_commit_();
}

void BegunWork::stop_if_asked(Cluster& cluster) const {
  shardmill::stop_if_asked(
      cluster.control, cluster.stop,
      "stopped by a signal within " + step_ + "; the same command goes on from here");
}

void BegunWork::remove() const {
  std::error_code stays;
  fs::remove_all(folder_, stays);
}

}  // namespace shardmill
