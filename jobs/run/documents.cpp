#include "jobs/run/documents.hpp"

#include <algorithm>

#include "cluster/watchdog.hpp"

namespace shardmill {
namespace {

std::vector<u64> weights_of(const std::vector<Fragment>& fragments) {
  std::vector<u64> weights;
  for (const Fragment& fragment : fragments) weights.push_back(fragment.bytes);
  return weights;
}

}  // namespace

const SketchReader& StoredSketches::of(u32 step) const {
  const auto known = open_.find(step);
  if (known != open_.end()) return known->second;
  return open_.try_emplace(step, sketch_file(fragment_, pipeline_.steps[step])).first->second;
}

Documents::Documents(const Cluster& cluster, const Pipeline& pipeline,
                     std::vector<Fragment> fragments, std::vector<std::filesystem::path> files,
                     std::vector<bool> hidden, std::vector<std::vector<u32>> foreign_steps,
                     DocKey last)
    : watchdog_(&cluster.watchdog),
      rank_(cluster.rank()),
      pipeline_(pipeline),
      fragments_(std::move(fragments)),
      files_(std::move(files)),
      hidden_(std::move(hidden)),
      foreign_steps_(std::move(foreign_steps)),
      last_(last),
      home_(assign_longest_first(weights_of(fragments_), cluster.size())),
      index_(fragments_) {}

void Documents::for_each_block(const std::function<void(const Block&)>& f) const {
  stream_all([](const std::vector<u32>& steps) { return steps.empty(); }, f);
}

void Documents::for_each_block_anywhere(const std::function<void(const Block&)>& f) const {
  stream_all([](const std::vector<u32>&) { return true; }, f);
}

void Documents::for_each_block_of_step(u32 step, const std::function<void(const Block&)>& f) const {
  stream_all(
      [&](const std::vector<u32>& steps) {
        return steps.empty() || std::find(steps.begin(), steps.end(), step) != steps.end();
      },
      f);
}

void Documents::stream_all(const std::function<bool(const std::vector<u32>&)>& wanted,
                           const std::function<void(const Block&)>& f) const {
  u64 bytes = 0;
  for (std::size_t i = 0; i < fragments_.size(); ++i) {
    if (mine(i) && wanted(foreign_steps_[i])) bytes += fragments_[i].bytes;
  }
  Portion portion(*watchdog_, "going through the store", bytes, "B");
  for (std::size_t i = 0; i < fragments_.size(); ++i) {
    if (!mine(i) || !wanted(foreign_steps_[i])) continue;
    stream(i, f);
    portion.advance(fragments_[i].bytes);
  }
}

void Documents::stream(std::size_t fragment, const std::function<void(const Block&)>& f) const {
  const std::vector<Piece>& pieces = fragments_[fragment].pieces;
  const auto gone = [&](u64 ordinal) { return ordinal < hidden_.size() && hidden_[ordinal]; };
  if (std::all_of(pieces.begin(), pieces.end(), [&](const Piece& p) { return gone(p.ordinal); })) {
    return;
  }
  const FragmentReader reader(files_[fragment]);
  const StoredSketches sketches(pipeline_, files_[fragment]);
  std::vector<DocEntry> entries;
  std::vector<u8> hidden;
  for (u64 block = 0; block < reader.blocks(); ++block) {
    reader.entries(block, entries);
    hidden.assign(entries.size(), 0);
    for (std::size_t row = 0; row < entries.size(); ++row) {
      const DocKey key = entries[row].key;
      hidden[row] = gone(key.ordinal()) || (!key.foreign() && last_ < key);
    }
    f({reader, sketches, block, fragment << 32 | block, fragments_[fragment].epoch, entries,
       &hidden});
    watchdog_->progress();
  }
}

}  // namespace shardmill
