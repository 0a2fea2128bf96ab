// The only file that knows yaml-cpp. Its events keep what its finished nodes lose: repeated keys,
// and which scalars were quoted.
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <sstream>

#include "cluster/error.hpp"
#include "jobs/spec/node.hpp"

namespace shardmill {
namespace {

std::string at(const std::string& name, const YAML::Mark& mark) {
  return name + ":" + std::to_string(mark.line + 1) + ":" + std::to_string(mark.column + 1);
}

class TreeBuilder : public YAML::EventHandler {
 public:
  explicit TreeBuilder(const std::string& name) : name_(name) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_anchor(mark, anchor);
    Node node;
    node.where = at(name_, mark);
    add(std::move(node));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    throw ConfigError(at(name_, mark) +
                      ": aliases are not supported; quote a value that starts "
                      "with *");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_anchor(mark, anchor);
    Node node;
    node.form = Node::Form::scalar;
    node.text = value;
    node.quoted = tag == "!";
    node.where = at(name_, mark);
    if (!node.quoted) refuse_tag(mark, tag);
    add(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    begin(Node::Form::list, mark, tag, anchor);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    begin(Node::Form::map, mark, tag, anchor);
  }
  void OnSequenceEnd() override { end(); }
  void OnMapEnd() override { end(); }

  [[nodiscard]] Node take() { return std::move(root_); }

 private:
  void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) const {
    if (anchor != 0) throw ConfigError(at(name_, mark) + ": anchors are not supported");
  }
  void refuse_tag(const YAML::Mark& mark, const std::string& tag) const {
    if (!tag.empty() && tag != "?" && tag != "!") {
      throw ConfigError(at(name_, mark) + ": tags like `" + tag + "` are not supported");
    }
  }
  void begin(Node::Form form, const YAML::Mark& mark, const std::string& tag,
             YAML::anchor_t anchor) {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    // No job needs more; the readers of the tree are recursive.
    constexpr std::size_t kDeepest = 32;
    if (open_.size() == kDeepest) {
      throw ConfigError(at(name_, mark) + ": lists and maps nested deeper than 32");
    }
    Node node;
    node.form = form;
    node.where = at(name_, mark);
    open_.push_back(std::move(node));
  }
  void end() {
    Node node = std::move(open_.back());
    open_.pop_back();
    add(std::move(node));
  }
  void add(Node node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Node& parent = open_.back();
    if (parent.form == Node::Form::list) {
      parent.items.push_back(std::move(node));
      return;
    }
    // An entry whose key stands alone waits for its value: the last one, marked by `key_open_`.
    if (!key_open_.empty() && key_open_.back() == open_.size()) {
      key_open_.pop_back();
      parent.entries.back().second = std::move(node);
      return;
    }
    if (node.form != Node::Form::scalar) {
      throw ConfigError(node.where + ": a key must be a name, found " + described(node));
    }
    for (const auto& [key, value] : parent.entries) {
      if (key.text == node.text) {
        throw ConfigError(node.where + ": the key `" + node.text + "` is repeated; it was first " +
                          "written at " + key.where);
      }
    }
    parent.entries.emplace_back(std::move(node), Node{});
    key_open_.push_back(open_.size());
  }

  const std::string& name_;
  Node root_;
  std::vector<Node> open_;             // lists and maps that have not ended
  std::vector<std::size_t> key_open_;  // depths at which a key waits for its value
};

// yaml-cpp lets some tabs pass as indentation and reports others far from where they stand.
void refuse_tabs(const std::string& text, const std::string& name) {
  std::size_t line = 1;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t mark = text.find_first_not_of(' ', begin);
    if (mark != std::string::npos && text[mark] == '\t') {
      throw ConfigError(name + ":" + std::to_string(line) + ":" + std::to_string(mark - begin + 1) +
                        ": a tab in the indentation; YAML wants spaces");
    }
    const std::size_t newline = text.find('\n', begin);
    if (newline == std::string::npos) break;
    begin = newline + 1;
    ++line;
  }
}

}  // namespace

Node parse_yaml(const std::string& text, const std::string& name) {
  refuse_tabs(text, name);
  // yaml-cpp 0.7 takes the end of the file for the closing quote when a newline stands before it.
  std::istringstream stream(text.substr(0, text.find_last_not_of(" \r\n") + 1));
  TreeBuilder builder(name);
  try {
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder)) return {.where = name + ":1:1"};
    Node root = builder.take();
    TreeBuilder second(name);
    if (parser.HandleNextDocument(second)) {
      throw ConfigError(second.take().where + ": a second document; a job file holds one");
    }
    return root;
  } catch (const YAML::Exception& error) {
    std::string message = error.msg;
    if (message.find("anchor is not defined") != std::string::npos) {
      message = "an unquoted value cannot start with *: write \"*…\"";
    }
    throw ConfigError(at(name, error.mark) + ": not valid YAML: " + message);
  }
}

}  // namespace shardmill
