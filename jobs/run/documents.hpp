// This rank's share of the documents in the store, streamed fragment by fragment in key order.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "cluster/cluster.hpp"
#include "engine/plan/fragment_file.hpp"
#include "engine/plan/fragments.hpp"
#include "engine/plan/sketch_file.hpp"
#include "jobs/run/pipeline.hpp"

namespace shardmill {

// What steps noted of the documents of a fragment; a file is opened when it is first asked for.
class StoredSketches {
 public:
  StoredSketches(const Pipeline& pipeline, const std::filesystem::path& fragment)
      : pipeline_(pipeline), fragment_(fragment) {}
  [[nodiscard]] const SketchReader& of(u32 step) const;

 private:
  const Pipeline& pipeline_;
  const std::filesystem::path& fragment_;
  mutable std::map<u32, SketchReader> open_;
};

// Every fragment has one home, the rank that streams it: assigned longest first, the same on every
// rank. Memory: one block at a time, and some bytes a fragment.
class Documents {
 public:
  // `hidden[ordinal]`: the file version is a tombstone, its rows do not exist any more.
  // `foreign_steps`: of fragments of other datasets, the steps that compare with them.
  // `last`: documents of ours after it do not exist either (--limit).
  Documents(const Cluster& cluster, const Pipeline& pipeline, std::vector<Fragment> fragments,
            std::vector<std::filesystem::path> files, std::vector<bool> hidden,
            std::vector<std::vector<u32>> foreign_steps, DocKey last = {UINT64_MAX});

  [[nodiscard]] Rank home(DocKey key) const { return home_[index_.of(key)]; }
  // Position among fragments(); nothing for a key before all of them.
  [[nodiscard]] std::optional<std::size_t> fragment_of(DocKey key) const {
    return index_.find(key);
  }
  [[nodiscard]] u32 epoch(DocKey key) const { return fragments_[index_.of(key)].epoch; }

  struct Block {
    const FragmentReader& fragment;
    const StoredSketches& sketches;
    u64 number;
    u64 serial;  // no two blocks of a run have the same
    u32 epoch;
    const std::vector<DocEntry>& entries;
    [[nodiscard]] bool hidden(std::size_t row) const { return (*hidden_rows)[row] != 0; }
    const std::vector<u8>* hidden_rows;
  };
  // Our own documents; `hidden` rows are there too.
  void for_each_block(const std::function<void(const Block&)>& f) const;
  // Ours, then the foreign ones that `step` compares with.
  void for_each_block_of_step(u32 step, const std::function<void(const Block&)>& f) const;
  // Ours and all foreign ones.
  void for_each_block_anywhere(const std::function<void(const Block&)>& f) const;
  [[nodiscard]] const std::vector<Fragment>& fragments() const { return fragments_; }
  [[nodiscard]] const std::vector<std::filesystem::path>& files() const { return files_; }
  // Whether this rank is home of a fragment.
  [[nodiscard]] bool mine(std::size_t fragment) const { return home_[fragment] == rank_; }

 private:
  // Those of this rank of which wanted(foreign steps) says so.
  void stream_all(const std::function<bool(const std::vector<u32>&)>& wanted,
                  const std::function<void(const Block&)>& f) const;
  void stream(std::size_t fragment, const std::function<void(const Block&)>& f) const;

  Watchdog* watchdog_;
  Rank rank_;
  const Pipeline& pipeline_;
  std::vector<Fragment> fragments_;
  std::vector<std::filesystem::path> files_;
  std::vector<bool> hidden_;
  std::vector<std::vector<u32>> foreign_steps_;  // by fragment; empty for our own
  DocKey last_;
  std::vector<Rank> home_;
  FragmentIndex index_;
};

}  // namespace shardmill
