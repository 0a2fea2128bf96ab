// Pieces that steps take out of a document's text when it is published.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "jobs/run/fate.hpp"

namespace shardmill {

class TextCuts {
 public:
  // Those of a document, by all steps.
  explicit TextCuts(const Fate& fate);
  [[nodiscard]] bool empty() const { return cuts_.empty(); }
  // Bytes of the text that are gone, less those that stand in their place.
  [[nodiscard]] u64 bytes_gone() const;
  // Bytes of the text that are cut out.
  [[nodiscard]] u64 bytes_cut() const;
  // What tells the published text from the whole one.
  [[nodiscard]] u64 content() const;
  // What is left of a text: an empty line stands for a cut, but at the beginning.
  [[nodiscard]] std::string left(std::string_view text) const;

 private:
  struct Cut {
    u64 begin;
    u64 end;
    auto operator<=>(const Cut&) const = default;
  };
  std::vector<Cut> cuts_;  // ascending, apart
};

}  // namespace shardmill
