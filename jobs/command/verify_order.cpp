#include "jobs/command/verify_order.hpp"

#include <tuple>

#include "jobs/command/ledger_rows.hpp"

namespace shardmill {

u64 OrderCheck::somewhere(u64 number, std::string_view id, u64 copy) {
  const u64 place = placement_.place(id, copy);
  if (!name_.holds(place)) {
    findings_.problem(path_, number, "id " + std::string(id) + " belongs in another shard");
  }
  return place;
}

void OrderCheck::row(u64 number, std::string_view id, DocKey key, u64 copy) {
  const u64 place = somewhere(number, id, copy);
  if (number > 0 &&
      std::tuple(place, id, key, copy) < std::tuple(place_, std::string_view(id_), key_, copy_)) {
    findings_.problem(path_, number,
                      "id " + std::string(id) + " is out of order, expected before " + id_);
  }
  place_ = place;
  id_ = id;
  key_ = key;
  copy_ = copy;
}

DocKey needed_key(std::string_view text, const std::string& path, u64 row) {
  const auto key = parse_key(text);
  if (!key) {
    throw DataError(path + ": row " + std::to_string(row) + ": '" + std::string(text) +
                    "' is no key, expected ordinal:offset");
  }
  return *key;
}

}  // namespace shardmill
