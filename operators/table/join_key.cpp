#include "operators/table/join_key.hpp"

#include "engine/batch/wire.hpp"

namespace shardmill {

void JoinKey::begin() {
  has_all_ = true;
  parts_.clear();
}

void JoinKey::add(std::optional<std::string_view> text) {
  if (text) {
    WireWriter(parts_).text(*text);
  } else {
    has_all_ = false;
  }
}

}  // namespace shardmill
