#include "engine/plan/fragments.hpp"

#include <algorithm>
#include <numeric>

namespace shardmill {

std::vector<Fragment> cut_fragments(const Catalog& catalog,
                                    const std::function<bool(const FileVersion&)>& splittable,
                                    u64 limit) {
  std::vector<Fragment> fragments;
  Fragment open;
  const auto close = [&] {
    if (!open.pieces.empty()) fragments.push_back(std::move(open));
    open = {};
  };
  for (const FileVersion& file : catalog.files) {
    if (!open.pieces.empty() && open.epoch != file.epoch) close();
    if (file.size > limit) {
      // Alone in any case: whether it may be cut must not change how its neighbours are packed.
      close();
      if (!splittable(file)) {
        fragments.push_back({file.epoch, file.size, {{file.ordinal}}});
        continue;
      }
      for (u64 begin = 0; begin < file.size; begin += limit) {
        const u64 end = begin + limit < file.size ? begin + limit : UINT64_MAX;
        fragments.push_back(
            {file.epoch, std::min(limit, file.size - begin), {{file.ordinal, begin, end}}});
      }
      continue;
    }
    open.epoch = file.epoch;
    open.bytes += file.size;
    open.pieces.push_back({file.ordinal});
    if (open.bytes >= limit) close();
  }
  close();
  return fragments;
}

std::vector<Rank> assign_longest_first(const std::vector<u64>& weights, u32 ranks) {
  std::vector<std::size_t> order(weights.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return weights[a] > weights[b]; });
  std::vector<u64> load(ranks, 0);
  std::vector<Rank> rank_of(weights.size());
  for (const std::size_t i : order) {
    const auto least = std::min_element(load.begin(), load.end());
    rank_of[i] = Rank{narrow<u32>(least - load.begin())};
    *least += weights[i] + 1;  // + 1: empty pieces spread too
  }
  return rank_of;
}

FragmentIndex::FragmentIndex(const std::vector<Fragment>& fragments) {
  for (std::size_t f = 0; f < fragments.size(); ++f) {
    for (const Piece& piece : fragments[f].pieces) {
      starts_.push_back({DocKey::of(piece.ordinal, piece.begin), f});
    }
  }
  std::sort(starts_.begin(), starts_.end(),
            [](const Start& a, const Start& b) { return a.first < b.first; });
}

std::optional<std::size_t> FragmentIndex::find(DocKey key) const {
  const auto after = std::upper_bound(starts_.begin(), starts_.end(), key,
                                      [](DocKey k, const Start& s) { return k < s.first; });
  if (after == starts_.begin()) return std::nullopt;
  return std::prev(after)->fragment;
}

std::size_t FragmentIndex::of(DocKey key) const {
  const auto found = find(key);
  if (!found) throw InternalError("no fragment holds document " + key.text());
  return *found;
}

}  // namespace shardmill
