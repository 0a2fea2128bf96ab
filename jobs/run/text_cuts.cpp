#include "jobs/run/text_cuts.hpp"

#include <algorithm>

#include "engine/hash/hash.hpp"

namespace shardmill {
namespace {

constexpr std::string_view kInPlace = "\n\n";

}  // namespace

TextCuts::TextCuts(const Fate& fate) {
  for (const StepMatch& found : fate.matches) {
    if (found.match.fate != Match::Fate::changes) continue;
    cuts_.push_back({found.match.begin, found.match.end});
  }
  std::sort(cuts_.begin(), cuts_.end());
}

u64 TextCuts::bytes_gone() const {
  u64 gone = 0;
  // An item has three words at least: a cut is longer than what stands in its place.
  for (const Cut& cut : cuts_) gone += cut.end - cut.begin - (cut.begin > 0 ? kInPlace.size() : 0);
  return gone;
}

u64 TextCuts::bytes_cut() const {
  u64 bytes = 0;
  for (const Cut& cut : cuts_) bytes += cut.end - cut.begin;
  return bytes;
}

u64 TextCuts::content() const {
  u64 content = 0;
  for (const Cut& cut : cuts_) content = mix64(content + mix64(cut.begin) + cut.end);
  return content;
}

std::string TextCuts::left(std::string_view text) const {
  std::string left;
  u64 last = 0;
  for (const Cut& cut : cuts_) {
    if (cut.begin < last || cut.end < cut.begin || cut.end > text.size()) {
      throw InternalError("a cut outside its text");
    }
    left += text.substr(last, cut.begin - last);
    if (cut.begin > 0) left += kInPlace;
    last = cut.end;
  }
  return left.append(text.substr(last));
}

}  // namespace shardmill
