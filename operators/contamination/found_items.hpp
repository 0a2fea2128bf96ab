// The sketch of a document: which items were found in it, and where.
#pragma once

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "operators/contamination/item_search.hpp"

namespace shardmill {

struct FoundItems {
  std::vector<ItemHit> hits;
  std::vector<ByteSpan> bytes;  // of each, in the text as the step sees it
  u32 source = 0;               // of the document: position in the job

  [[nodiscard]] bool empty() const { return hits.empty(); }
  void clear() {
    hits.clear();
    bytes.clear();
  }

  // Without any there are no bytes.
  void append_to(std::string& out) const {
    if (hits.empty()) return;
    append(out, u64{source});
    for (std::size_t i = 0; i < hits.size(); ++i) {
      append(out, Stored{.begin = bytes[i].begin,
                         .end = bytes[i].end,
                         .item = hits[i].item,
                         .first_word = hits[i].span.begin,
                         .last_word = hits[i].span.end,
                         .weight = narrow<u32>(hits[i].weight),
                         .run = hits[i].run,
                         .ngrams = hits[i].ngrams,
                         .covering = hits[i].covering,
                         .idf = hits[i].idf,
                         .answer = hits[i].answer,
                         .passage = hits[i].passage,
                         .other_numbers = hits[i].other_numbers ? 1U : 0U,
                         .similarity = hits[i].similarity});
    }
  }

  void read(std::string_view sketch) {
    clear();
    if (sketch.empty()) return;
    source = narrow<u32>(take<u64>(sketch));
    while (!sketch.empty()) {
      const Stored stored = take<Stored>(sketch);
      bytes.push_back({stored.begin, stored.end});
      hits.push_back({.item = stored.item,
                      .span = {stored.first_word, stored.last_word},
                      .weight = stored.weight,
                      .run = stored.run,
                      .ngrams = stored.ngrams,
                      .covering = stored.covering,
                      .idf = stored.idf,
                      .answer = stored.answer,
                      .passage = stored.passage,
                      .similarity = stored.similarity,
                      .other_numbers = stored.other_numbers != 0});
    }
  }

 private:
  struct Stored {
    u64 begin;
    u64 end;
    u32 item;
    u32 first_word;
    u32 last_word;  // exclusive
    u32 weight;
    u32 run;
    u32 ngrams;
    u32 covering;
    u32 idf;
    u32 answer;
    u32 passage;
    u32 other_numbers;
    u32 similarity;
  };

  template <class T>
  static void append(std::string& out, const T& value) {
    out.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  template <class T>
  static T take(std::string_view& bytes) {
    if (bytes.size() < sizeof(T)) throw InternalError("a sketch of items is cut short");
    T value;
    std::memcpy(&value, bytes.data(), sizeof value);
    bytes.remove_prefix(sizeof value);
    return value;
  }
};

}  // namespace shardmill
