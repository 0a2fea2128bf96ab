// Tokens that are found in the text as they stand, before anything else is done with it.
#pragma once

#include <bitset>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/types.hpp"

namespace shardmill {

struct AddedToken {
  std::string text;  // not empty
  u32 id = 0;
};

class AddedTokens {
 public:
  AddedTokens() = default;
  explicit AddedTokens(std::vector<AddedToken> tokens);

  struct Found {
    std::size_t begin;
    std::size_t length;
    u32 id;
  };
  // The first in the text; of those that begin at one place the longest. At most as many steps for
  // each byte as the longest token has.
  [[nodiscard]] std::optional<Found> find(std::string_view text) const;

  // Calls between(text) for what stands around the tokens, if not empty, and appends their ids.
  template <class Between>
  void split(std::string_view text, std::vector<u32>& ids, Between&& between) const {
    while (!text.empty()) {
      const auto found = tokens_.empty() ? std::nullopt : find(text);
      if (!found) return between(text);
      if (found->begin > 0) between(text.substr(0, found->begin));
      ids.push_back(found->id);
      text.remove_prefix(found->begin + found->length);
    }
  }

 private:
  // The longest that the text begins with, or null. It narrows the sorted tokens byte by byte: in a
  // text of many beginnings of them too, the time does not go with how many there are.
  [[nodiscard]] const AddedToken* longest_at(std::string_view text) const;

  std::vector<AddedToken> tokens_;  // sorted by text
  std::bitset<256> first_;          // bytes that one begins with
  std::bitset<65536> two_;          // what two bytes it may begin with
};

}  // namespace shardmill
