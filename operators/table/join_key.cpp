#include "operators/table/join_key.hpp"

#include "engine/batch/json_scalar.hpp"
#include "engine/batch/wire.hpp"

namespace shardmill {

void JoinKey::begin() {
  has_all_ = true;
  parts_.clear();
}

void JoinKey::add_text(std::string_view text) { WireWriter(parts_).text(text); }

void JoinKey::add_json(std::string_view json) {
  if (json.front() != '"') return add_text(json);
  if (json.find('\\') == std::string_view::npos) return add_text(json.substr(1, json.size() - 2));
  add_text(decode_json_string(json).value());
}

}  // namespace shardmill
