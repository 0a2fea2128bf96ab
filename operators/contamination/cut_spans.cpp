#include "operators/contamination/cut_spans.hpp"

#include <algorithm>

#include "operators/text/word_pieces.hpp"

namespace shardmill {
namespace {

u64 words_in(std::string_view text, WordScanner& scanner) {
  u64 words = 0;
  for (std::size_t size = 0; !text.empty(); text.remove_prefix(size)) {
    size = word_piece(text);
    words += scanner.scan(text.substr(0, size));
  }
  return words;
}

// Ascending and apart, each with its margin; `words`: of the document.
std::vector<WordSpan> spans_of(const std::vector<ItemMatch>& matches, const CutSettings& settings,
                               u64 words) {
  std::vector<WordSpan> items;
  for (const ItemMatch& match : matches) {
    if (match.match.fate == Match::Fate::changes) items.push_back(match.words);
  }
  std::sort(items.begin(), items.end(), [](const WordSpan& a, const WordSpan& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
  });
  std::vector<WordSpan> spans;
  for (const WordSpan& item : items) {
    const u64 begin = item.begin - std::min<u64>(item.begin, settings.margin);
    const u64 end = std::min<u64>(item.end + settings.margin, words);
    if (!spans.empty() && begin < spans.back().end + settings.min_rest) {
      spans.back().end = std::max(spans.back().end, narrow<u32>(end));
    } else {
      spans.push_back({narrow<u32>(begin), narrow<u32>(end)});
    }
  }
  if (spans.front().begin < settings.min_rest) spans.front().begin = 0;
  if (words < spans.back().end + settings.min_rest) spans.back().end = narrow<u32>(words);
  return spans;
}

}  // namespace

void cut_spans(std::string_view text, const CutSettings& settings, WordScanner& scanner,
               std::vector<ItemMatch>& matches) {
  const u64 words = words_in(text, scanner);
  const std::vector<WordSpan> spans = spans_of(matches, settings, words);
  const bool all = spans.size() == 1 && spans[0].begin == 0 && spans[0].end == words;
  if (all || spans.size() > settings.max_cuts) {
    for (ItemMatch& match : matches) match.match.fate = Match::Fate::evidence;
    matches.front().match.fate = Match::Fate::drops;
    return;
  }
  std::vector<bool> named(spans.size());
  for (ItemMatch& match : matches) {
    if (match.match.fate != Match::Fate::changes) continue;
    const auto behind =
        std::upper_bound(spans.begin(), spans.end(), match.words.begin,
                         [](u32 begin, const WordSpan& span) { return begin < span.begin; });
    const std::size_t at = narrow<std::size_t>(behind - spans.begin()) - 1;
    if (named[at]) {
      match.match.fate = Match::Fate::evidence;
      continue;
    }
    named[at] = true;
    const ByteSpan bytes = bytes_of(spans[at], text, scanner);
    match.match.begin = spans[at].begin == 0 ? 0 : bytes.begin;
    match.match.end = spans[at].end == words ? text.size() : bytes.end;
  }
}

}  // namespace shardmill
