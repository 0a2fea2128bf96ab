#include "jobs/run/first_documents.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include "cluster/agree.hpp"

namespace shardmill {
namespace {

// The key of the limit-th live document of these fragments; nothing when they hold fewer.
std::optional<DocKey> nth_key(const ReadPlan& plan, u64 limit) {
  std::set<u64> failed;  // files of which no range counts
  for (const std::filesystem::path& file : plan.files) {
    const FragmentReader fragment(file);
    for (const auto& [ordinal, why] : fragment.info().failures) failed.insert(ordinal);
  }
  u64 before = 0;
  std::vector<DocEntry> entries;
  for (const std::filesystem::path& file : plan.files) {
    const FragmentReader fragment(file);
    for (u64 block = 0; block < fragment.blocks(); ++block) {
      fragment.entries(block, entries);
      for (const DocEntry& entry : entries) {
        const u64 ordinal = entry.key.ordinal();
        if (plan.catalog.files[ordinal].tombstone || failed.contains(ordinal)) continue;
        if (++before == limit) return entry.key;
      }
    }
  }
  return std::nullopt;
}

}  // namespace

ReadFirst read_first_documents(Cluster& cluster, ReadPlan& plan, u64 limit, Observer& observer) {
  const ReadPlan whole = plan;
  ReadFirst result{{}, DocKey{UINT64_MAX}};
  for (std::size_t count = 1;; count *= 2) {
    count = std::min(count, whole.fragments.size());
    const auto end = static_cast<std::ptrdiff_t>(count);
    plan.fragments.assign(whole.fragments.begin(), whole.fragments.begin() + end);
    plan.files.assign(whole.files.begin(), whole.files.begin() + end);
    const ReadDone done = run_read_pass(cluster, plan, observer);
    result.done.read += done.read;
    result.done.sketched += done.sketched;
    const std::string found = agree(cluster.control, [&] {
      const std::optional<DocKey> key = nth_key(plan, limit);
      return key ? std::to_string(key->value) : std::string();
    });
    if (!found.empty()) result.last = DocKey{std::stoull(found)};
    if (!found.empty() || count == whole.fragments.size()) return result;
  }
}

}  // namespace shardmill
