#include "operators/contamination/item_index.hpp"

#include <utility>

#include "engine/hash/hash.hpp"

namespace shardmill {

u64 ItemIndex::ngram_hash(std::span<const u64> words) {
  return hash64({reinterpret_cast<const char*>(words.data()), words.size_bytes()});
}

ItemIndex::ItemIndex(ArrayFile file)
    : file_(std::move(file)),
      begin_(file_.array<u64>(kBegin)),
      words_(file_.array<u64>(kWords)),
      weights_(file_.array<u8>(kWeights)),
      total_(file_.array<u64>(kTotal)),
      idf_(file_.array<u8>(kIdf)),
      idf_total_(file_.array<u64>(kIdfTotal)),
      answers_(word_lists(kAnswers)),
      passages_(word_lists(kPassages)),
      numbers_(word_lists(kNumbers)),
      name_begin_(file_.array<u64>(kNameBegin)),
      names_(texts(kNames)),
      unsearchable_(texts(kUnsearchable)),
      has_seeds_(file_.array<u8>(kHasSeeds)),
      filter_(file_.array<u64>(kFilter)),
      short_filter_(file_.array<u64>(kShortFilter)),
      slots_(file_.array<Slot>(kSlots)),
      slot_shift_(slot_shift(slots_.size())),
      places_(file_.array<SeedPlace>(kPlaces)) {}

std::vector<std::string_view> ItemIndex::names(u32 item) const {
  std::vector<std::string_view> names;
  for (u64 i = name_begin_[item]; i < name_begin_[item + 1]; ++i) names.push_back(names_[i]);
  return names;
}

std::optional<u32> ItemIndex::item_named(std::string_view wanted) const {
  // Items have the order of their names.
  std::size_t begin = 0;
  std::size_t end = size();
  while (begin < end) {
    const std::size_t middle = (begin + end) / 2;
    name(narrow<u32>(middle)) < wanted ? begin = middle + 1 : end = middle;
  }
  if (begin == size() || name(narrow<u32>(begin)) != wanted) return std::nullopt;
  return narrow<u32>(begin);
}

std::vector<std::string_view> ItemIndex::unsearchable() const {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < unsearchable_.size(); ++i) names.push_back(unsearchable_[i]);
  return names;
}

}  // namespace shardmill
