// The sketches of one fragment on their way into the store, and made again from what it keeps.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "engine/plan/sketch_file.hpp"
#include "jobs/run/pipeline.hpp"

namespace shardmill {

class Watchdog;

// One file for each of the steps, or for several that note the same.
class SketchFiles {
 public:
  SketchFiles(const Pipeline& pipeline, const std::filesystem::path& fragment,
              const std::vector<u32>& steps);
  // The steps whose sketches are wanted.
  [[nodiscard]] const std::vector<u32>& steps() const { return steps_; }
  [[nodiscard]] bool wants(u32 step) const;
  // By step, what sketch() appended for the documents of a block; texts: as they are published.
  void add_block(const std::map<u32, std::string>& sketches, const TextColumn& texts);
  // fragment: the checksum() of its file.
  void commit(u64 fragment);

 private:
  const Pipeline& pipeline_;
  std::vector<u32> steps_;
  std::deque<SketchWriter> writers_;  // by position in steps_
  std::vector<TextSize> sizes_;
};

// Whether the store has these sketches, whole as far as their index tells, of this very fragment.
[[nodiscard]] bool has_sketches(const std::filesystem::path& file, u64 fragment);

// Lets steps take their sketches of documents that the store keeps for them.
void sketch_again(const Pipeline& pipeline, const std::filesystem::path& fragment,
                  const std::vector<u32>& steps, Watchdog& watchdog);

}  // namespace shardmill
