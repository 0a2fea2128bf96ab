// The read pass: every fragment that the store does not have yet is read, cleaned, sketched and
// committed, each by one rank, in one streaming pass. Where only sketches are missing, they are
// made from what the store has.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cluster/cluster.hpp"
#include "engine/observe/observer.hpp"
#include "engine/plan/fragment_file.hpp"
#include "engine/plan/fragments.hpp"
#include "jobs/run/pipeline.hpp"

namespace shardmill {

// What the store has of a fragment.
struct StoredFragment {
  FragmentInfo info;
  std::vector<u32> unsketched;  // steps whose sketches are to be made from what is there
};

// Nothing: it is to be read. It is not there, is damaged as far as its index tells, lacks a file
// that could not be read or was gone and that `lives`, documents that are not excluded any more, or
// what one of `steps` is to take its sketches of.
[[nodiscard]] std::optional<StoredFragment> stored_fragment(
    const std::filesystem::path& file, const Pipeline& pipeline, const std::vector<u32>& steps,
    const std::function<bool(u64 ordinal)>& lives);

// Position of a source in the job; InternalError for a name that is not there.
[[nodiscard]] u32 source_position(const Job& job, const std::string& name);

// Where things are; the same on every rank.
struct ReadPlan {
  const Job& job;
  const Pipeline& pipeline;
  const Catalog& catalog;
  std::vector<std::string> path_of;  // by ordinal; empty for tombstones
  std::vector<Fragment> fragments;
  std::vector<std::filesystem::path> files;  // of the store, by fragment
  u64 tolerated_files = 0;
};

// The same of one of ours.
[[nodiscard]] std::optional<StoredFragment> stored_fragment(const ReadPlan& plan,
                                                            std::size_t fragment);

// The store's name of a fragment: everything that shapes its bytes, and nothing else.
[[nodiscard]] std::string fragment_fingerprint(const Fragment& fragment, const Catalog& catalog,
                                               const Job& job, const Pipeline& pipeline);

// By ordinal, '1' for the large files that may be cut into ranges. Opens them, to see which are
// compressed: one rank looks for all, since a file may change between two looks.
[[nodiscard]] std::string splittable_files(const Job& job, const Catalog& catalog,
                                           const std::vector<std::string>& path_of);

// Cuts the catalogue into fragments; `store` is the dataset's folder of that name.
[[nodiscard]] ReadPlan make_read_plan(const Job& job, const Pipeline& pipeline,
                                      const Catalog& catalog, std::vector<std::string> path_of,
                                      const std::string& splittable,
                                      const std::filesystem::path& store);

// Fragments, over all ranks.
struct ReadDone {
  u64 read = 0;      // now
  u64 sketched = 0;  // again, from what the store has
};

// Collective. Throws Stopped (agreed) when a signal came: what was committed stays.
ReadDone run_read_pass(Cluster& cluster, const ReadPlan& plan, Observer& observer);

}  // namespace shardmill
