#include "operators/contamination/exempt_items.hpp"

#include <algorithm>
#include <set>

#include "cluster/error.hpp"
#include "engine/plan/spelling.hpp"

namespace shardmill {
namespace {

std::vector<std::string> all_names(const ItemIndex& index) {
  std::vector<std::string> all;
  for (u32 item = 0; item < index.size(); ++item) {
    for (const std::string_view name : index.names(item)) all.emplace_back(name);
  }
  for (const std::string_view name : index.unsearchable()) all.emplace_back(name);
  return all;
}

}  // namespace

std::vector<u32> exempt_items(const std::string& step, const ItemIndex& index,
                              const std::vector<std::string>& names) {
  std::vector<u32> items;
  if (names.empty()) return items;
  std::set<std::string, std::less<>> unknown(names.begin(), names.end());
  for (u32 item = 0; item < index.size(); ++item) {
    for (const std::string_view name : index.names(item)) {
      const auto found = unknown.find(name);
      if (found == unknown.end()) continue;
      unknown.erase(found);
      if (items.empty() || items.back() != item) items.push_back(item);
    }
  }
  for (const std::string_view name : index.unsearchable()) {
    const auto found = unknown.find(name);
    if (found != unknown.end()) unknown.erase(found);
  }
  const auto first = std::find_if(names.begin(), names.end(),
                                  [&](const auto& name) { return unknown.contains(name); });
  if (first == names.end()) return items;
  const std::string near = nearest(*first, all_names(index));
  throw DataError(step + ": exempt names `" + *first +
                  "`, which is no item (BENCHMARK/ID) of its " + "benchmarks" +
                  (near.empty() ? "" : "; did you mean `" + near + "`?"));
}

}  // namespace shardmill
