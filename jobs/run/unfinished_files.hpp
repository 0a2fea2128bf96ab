// What killed runs leave behind.
#pragma once

#include <filesystem>

namespace shardmill {

// Removes files that killed runs left without their name (see CommittedFile): nobody else will, and
// those in a staging folder would be published. Only where runs write.
void remove_unfinished(const std::filesystem::path& output);

}  // namespace shardmill
