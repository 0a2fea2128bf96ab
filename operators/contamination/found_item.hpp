// The sketch of a document: which items were found in it, and where.
#pragma once

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "operators/contamination/item_search.hpp"

namespace shardmill {

struct FoundItem {
  ItemHit hit;     // but for its span, which counts words
  ByteSpan bytes;  // of the text as the step sees it
};

// A document without any has no bytes; else the position of its source in the job, and the items.
class FoundItems {
 public:
  static void append(u32 source, const std::vector<FoundItem>& items, std::string& out) {
    if (items.empty()) return;
    const u64 first = source;
    out.append(reinterpret_cast<const char*>(&first), sizeof first);
    for (const FoundItem& item : items) {
      const Stored stored{.begin = item.bytes.begin,
                          .end = item.bytes.end,
                          .item = item.hit.item,
                          .weight = narrow<u32>(item.hit.weight),
                          .run = item.hit.run,
                          .ngrams = item.hit.ngrams,
                          .covering = item.hit.covering,
                          .other_numbers = item.hit.other_numbers ? 1U : 0U};
      out.append(reinterpret_cast<const char*>(&stored), sizeof stored);
    }
  }

  // `items` is replaced; returns the source.
  static u32 read(std::string_view sketch, std::vector<FoundItem>& items) {
    items.clear();
    if (sketch.empty()) return 0;
    u64 source = 0;
    std::memcpy(&source, sketch.data(), sizeof source);
    for (sketch.remove_prefix(sizeof source); !sketch.empty();
         sketch.remove_prefix(sizeof(Stored))) {
      Stored stored;
      if (sketch.size() < sizeof stored) throw InternalError("a sketch of items is cut short");
      std::memcpy(&stored, sketch.data(), sizeof stored);
      FoundItem& item = items.emplace_back();
      item.bytes = {stored.begin, stored.end};
      item.hit.item = stored.item;
      item.hit.weight = stored.weight;
      item.hit.run = stored.run;
      item.hit.ngrams = stored.ngrams;
      item.hit.covering = stored.covering;
      item.hit.other_numbers = stored.other_numbers != 0;
    }
    return narrow<u32>(source);
  }

 private:
  struct Stored {
    u64 begin;
    u64 end;
    u32 item;
    u32 weight;
    u32 run;
    u32 ngrams;
    u32 covering;
    u32 other_numbers;
  };
};

}  // namespace shardmill
