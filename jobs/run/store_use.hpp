// Which files of the store the last finished run has used: the others are of settings and inputs of
// before, and a run that needs one again computes it.
#pragma once

#include <filesystem>
#include <vector>

namespace shardmill {

// Rank 0, at the end of a run. Files and folders of the store.
void note_store_use(const std::filesystem::path& store,
                    const std::vector<std::filesystem::path>& used);

// Files, and folders of steps, that the last finished run has not used and that are older than its
// end: what a run has committed since that did not finish is wanted. Empty without such a run.
[[nodiscard]] std::vector<std::filesystem::path> unused_in_store(
    const std::filesystem::path& store);
// Removes one of them.
void remove_unit(const std::filesystem::path& unit);

}  // namespace shardmill
