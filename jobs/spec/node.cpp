#include "jobs/spec/node.hpp"

namespace shardmill {

const Node* Node::find(std::string_view key) const {
  for (const auto& [name, value] : entries) {
    if (name.text == key) return &value;
  }
  return nullptr;
}

Node* Node::find(std::string_view key) {
  for (auto& [name, value] : entries) {
    if (name.text == key) return &value;
  }
  return nullptr;
}

std::string described(const Node& node) {
  switch (node.form) {
    case Node::Form::nothing:
      return "nothing";
    case Node::Form::list:
      return "a list";
    case Node::Form::map:
      return "a map";
    case Node::Form::scalar:
      break;
  }
  return node.quoted ? "the text \"" + node.text + "\"" : "`" + node.text + "`";
}

}  // namespace shardmill
