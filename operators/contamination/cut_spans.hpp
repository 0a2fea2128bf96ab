// Items cut out of a document, with some words around them.
#pragma once

#include <string_view>
#include <vector>

#include "engine/plan/match.hpp"
#include "operators/contamination/item_search.hpp"

namespace shardmill {

struct CutSettings {
  u64 margin = 0;    // words before and behind an item that go with it
  u64 min_rest = 1;  // words; a shorter piece of text goes too
  u64 max_cuts = 1;  // of a document with more nothing is kept
};

struct ItemMatch {
  Match match;
  WordSpan words;  // of the document
};

// Turns matches that change the document into cuts: the first in each cut gets its span of bytes,
// the others become evidence. When nothing would be left, or there are too many cuts, the first
// match drops the document instead. At least one match changes it. tests/oracle/contamination.py.
void cut_spans(std::string_view text, const CutSettings& settings, WordScanner& scanner,
               std::vector<ItemMatch>& matches);

}  // namespace shardmill
