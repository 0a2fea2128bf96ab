// Items edited on purpose: what a search finds of them says what it can miss.
//
// tests/oracle/contamination_report.py says the same in Python. All is chosen by hashes of names:
// the same items are planted in every run, on any number of ranks.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "operators/contamination/item_index.hpp"

namespace shardmill {

struct PlantKind {
  std::string_view name;
  bool negative;  // leaves no copy of the item: what is found there is found wrongly
};
inline constexpr std::array<PlantKind, 16> kPlantKinds = {{{"verbatim", false},
                                                           {"case", false},
                                                           {"whitespace", false},
                                                           {"punctuation", false},
                                                           {"lines_reordered", false},
                                                           {"truncated_60", false},
                                                           {"typos_05", false},
                                                           {"typos_10", false},
                                                           {"typos_20", false},
                                                           {"drops_05", false},
                                                           {"drops_10", false},
                                                           {"drops_20", false},
                                                           {"other_numbers", true},
                                                           {"scrambled", true},
                                                           {"quarter", true},
                                                           {"other_words", true}}};

// Items are drawn and counted by their length.
struct LengthClass {
  std::string_view name;
  u64 least;  // words
  u64 most;
};
inline constexpr std::array<LengthClass, 4> kLengthClasses = {
    {{"3-7", 3, 7}, {"8-12", 8, 12}, {"13-24", 13, 24}, {"25+", 25, 500}}};

struct Plant {
  u32 kind = 0;          // position in kPlantKinds
  u32 length_class = 0;  // in kLengthClasses
  u32 item = 0;
  std::string text;
};

// Calls f for up to `planted` / 4 items of each length, each in every kind that changes it.
// `text_of`: the text of the item of this name.
void for_each_plant(const ItemIndex& index, u64 planted,
                    const std::function<const std::string&(const std::string& name)>& text_of,
                    const std::function<void(const Plant&)>& f);
// The names that for_each_plant() asks for.
[[nodiscard]] std::vector<std::string> planted_names(const ItemIndex& index, u64 planted);

// Of a document, at most so many bytes are looked at.
inline constexpr std::size_t kHostBytes = 4096;

// Plant `number` among the words of the beginning of a document.
struct PlantedText {
  std::string text;
  std::size_t begin = 0;  // of the plant, in bytes
  std::size_t end = 0;
};
[[nodiscard]] PlantedText plant_in(std::string_view document, std::string_view text, u64 number);

// The beginning of a text, at most so many bytes, whole code points.
[[nodiscard]] std::string_view cut_text(std::string_view text, std::size_t bytes);

// A number that depends on these words and numbers only.
[[nodiscard]] u64 draw_number(std::initializer_list<std::string_view> parts);

}  // namespace shardmill
