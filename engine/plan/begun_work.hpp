// What a step that has not come to its end has done, in the store, for a run that goes on.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "cluster/cluster.hpp"
#include "engine/store/segment.hpp"

namespace shardmill {

// A folder of parts, each a segment that any rank writes when it likes. The folder is named as the
// step is, by all that it depends on; what fragments say of documents stands there as their names,
// so that parts made of something that comes out otherwise a second time must say of what.
class BegunWork {
 public:
  // `step`: its label. on_commit is called behind each write().
  BegunWork(
      std::filesystem::path folder, std::string step, std::function<void()> on_commit = [] {});

  // Collective: their names, as rank 0 sees them, sorted.
  [[nodiscard]] std::vector<std::string> parts(Cluster& cluster) const;
  // False: this part is not there, or cannot be read; what f has made of it is no more than a
  // piece.
  bool read(const std::string& part, const std::function<void(const SegmentReader&)>& f) const;
  // When it returns, the part is kept; it takes the place of one of the same name.
  void write(const std::string& part, const std::function<void(SegmentWriter&)>& f) const;
  // Collective. Throws Stopped on all ranks when one of them was asked to stop.
  void stop_if_asked(Cluster& cluster) const;
  // Rank 0, when the step is committed. What cannot be removed stays, for `gc`.
  void remove() const;

 private:
  std::filesystem::path folder_;
  std::string step_;
  std::function<void()> on_commit_;
};

}  // namespace shardmill
