#include "operators/tokenize/merger.hpp"

#include <algorithm>

namespace shardmill {

Merger::Merger(const Vocabulary& vocabulary) : vocabulary_(vocabulary) {
  for (u32 byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const auto id = vocabulary.tokens.find({&c, 1});
    byte_ids_[byte] = id.value_or(kNone);
  }
}

void Merger::merge(std::string_view word, std::vector<u32>& ids) {
  if (word.size() <= kShortWord) return merge_short(word, ids);
  const std::size_t before = ids.size();
  for (std::size_t window = kWindow; word.size() > 2 * window; window *= 16) {
    if (merge_windows(word, window, ids)) return;
    ids.resize(before);
  }
  merge_long(word, ids);
}

void Merger::merge_short(std::string_view word, std::vector<u32>& ids) {
  std::array<u32, kShortWord> parts;
  std::array<Merge, kShortWord> merges;  // of each part with the next; the last has none
  std::size_t count = word.size();
  for (std::size_t i = 0; i < count; ++i) parts[i] = byte_id(word[i]);
  for (std::size_t i = 0; i + 1 < count; ++i) {
    merges[i] = vocabulary_.pairs.find(parts[i], parts[i + 1]);
  }
  while (count > 1) {
    std::size_t best = 0;
    for (std::size_t i = 1; i + 1 < count; ++i) {
      if (merges[i].rank < merges[best].rank) best = i;
    }
    steps_ += count;
    if (merges[best].rank == Merge::kNone) break;
    parts[best] = merges[best].id;
    std::copy(parts.begin() + best + 2, parts.begin() + count, parts.begin() + best + 1);
    std::copy(merges.begin() + best + 1, merges.begin() + count - 1, merges.begin() + best);
    --count;
    if (best + 1 < count) {
      merges[best] = vocabulary_.pairs.find(parts[best], parts[best + 1]);
    }
    if (best > 0) merges[best - 1] = vocabulary_.pairs.find(parts[best - 1], parts[best]);
  }
  ids.insert(ids.end(), parts.begin(), parts.begin() + count);
}

// Finds out how a part merges with the next one now.
void Merger::meet(u32 left) {
  Part& part = parts_[left];
  ++steps_;
  const bool last = part.next + 1 == parts_.size();
  part.merge = last ? Merge{} : vocabulary_.pairs.find(part.id, parts_[part.next].id);
  if (part.merge.rank != Merge::kNone) queue_.push(part.merge.rank, left);
}

void Merger::merge_long(std::string_view word, std::vector<u32>& ids) {
  const u32 size = narrow<u32>(word.size());
  parts_.resize(std::size_t{size} + 1);
  for (u32 i = 0; i < size; ++i) parts_[i] = {byte_id(word[i]), i - 1, i + 1, {}};
  for (u32 i = 0; i < size; ++i) meet(i);
  while (const auto entry = queue_.pop()) {
    ++steps_;
    Part& part = parts_[entry->position];
    if (part.merge.rank != entry->rank) continue;  // one of the two has merged otherwise
    part.id = part.merge.id;
    const u32 gone = part.next;
    part.next = parts_[gone].next;
    parts_[part.next].previous = entry->position;
    parts_[gone].merge = {};
    meet(entry->position);
    if (entry->position > 0) meet(part.previous);
  }
  for (u32 i = 0; i < size; i = parts_[i].next) ids.push_back(parts_[i].id);
  // A document of one word must not hold memory for all that follow.
  constexpr std::size_t kKeptParts = std::size_t{1} << 16;
  if (parts_.size() > kKeptParts) {
    release(parts_);
    queue_ = {};
  }
}

// What a word becomes is the one sequence of tokens in which any two neighbours, merged by
// themselves, stay these two: merges of both happen in the order they have in the whole word, so
// that the first one across a border in the word would be one across it in the two, and the other
// way round. So two results may be joined at a token that both have: every pair of neighbours is
// in one of them. A window begins with a token of the one before it that is not near its end;
// false when it turns out to begin with another.
bool Merger::merge_windows(std::string_view word, std::size_t size, std::vector<u32>& ids) {
  std::optional<u32> first;
  std::string_view before;  // the last window
  for (;;) {
    const bool last = word.size() <= 2 * size;
    const std::string_view window = last ? word : word.substr(0, size);
    if (window != before) {  // a run of one letter has the same window again and again
      window_ids_.clear();
      merge_long(window, window_ids_);
      before = window;
    }
    if (first && window_ids_.front() != *first) return false;
    std::size_t taken = 0;
    std::size_t bytes = 0;
    for (; taken < window_ids_.size(); ++taken) {
      const std::size_t length = vocabulary_.tokens.bytes(window_ids_[taken]).size();
      if (!last && bytes + length > size - size / 4) break;
      bytes += length;
    }
    ids.insert(ids.end(), window_ids_.begin(), window_ids_.begin() + static_cast<i64>(taken));
    if (last) return true;
    if (taken == 0) return false;  // a token longer than that
    first = window_ids_[taken];
    word.remove_prefix(bytes);
  }
}

}  // namespace shardmill
