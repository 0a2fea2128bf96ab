#include "jobs/command/tokenize.hpp"

#include <iostream>
#include <nlohmann/json.hpp>
#include <utility>

#include "engine/observe/json_line.hpp"
#include "jobs/command/output.hpp"
#include "operators/read/line_reader.hpp"
#include "operators/tokenize/tokenizer.hpp"

namespace shardmill {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kJsonSpace = " \t\r\n";

// The value of "id" in a line that is an object with one: as it stands there, since a number would
// come out rounded. The last, as the parser takes it.
std::string_view id_as_given(std::string_view line) {
  std::string_view id;
  const auto string_end = [&](std::size_t at) {
    for (++at; line[at] != '"'; ++at) at += line[at] == '\\' ? 1 : 0;
    return at + 1;
  };
  for (std::size_t at = line.find_first_of("\"}"); line[at] != '}';
       at = line.find_first_of("\"}", at)) {
    const std::size_t name = std::exchange(at, string_end(at));
    const bool wanted = Json::parse(line.substr(name, at - name)) == "id";
    at = line.find_first_not_of(kJsonSpace, line.find(':', at) + 1);
    const std::size_t value = at;
    for (u64 depth = 0; depth > 0 || (line[at] != ',' && line[at] != '}');) {
      if (line[at] == '"') {
        at = string_end(at);
        continue;
      }
      if (line[at] == '{' || line[at] == '[') ++depth;
      if (line[at] == '}' || line[at] == ']') --depth;
      ++at;
    }
    if (wanted) id = line.substr(value, at - value);
  }
  return id.substr(0, id.find_last_not_of(kJsonSpace) + 1);
}

// {"id": …, up to the value that comes behind it.
std::string begun(const Json& json, std::string_view line) {
  const auto id = json.find("id");
  if (id == json.end()) return "{";
  if (!id->is_string() && !id->is_number()) throw DataError("expected `id`, a string or number");
  return "{\"id\":" + (id->is_string() ? id->dump() : std::string(id_as_given(line))) + ",";
}

class Converter {
 public:
  explicit Converter(Tokenizer& tokenizer) : tokenizer_(tokenizer) {}

  std::string encoded(const Json& json, std::string_view line) {
    const auto text = json.find("text");
    if (text == json.end() || !text->is_string()) {
      throw DataError("expected `text`, a string");
    }
    ids_.clear();
    tokenizer_.encode(text->get_ref<const std::string&>(), ids_);
    std::string out = begun(json, line) + "\"ids\":[";
    for (const u32 id : ids_) out += std::to_string(id) + ",";
    if (!ids_.empty()) out.pop_back();
    return out + "]}\n";
  }

  std::string decoded(const Json& json, std::string_view line) {
    const auto ids = json.find("ids");
    if (ids == json.end() || !ids->is_array()) throw DataError("expected `ids`, an array");
    ids_.clear();
    for (const Json& id : *ids) {
      if (!id.is_number_unsigned()) throw DataError("expected token ids; found " + id.dump());
      if (id.get<u64>() > UINT32_MAX) throw DataError("no token has id " + id.dump());
      ids_.push_back(id.get<u32>());
    }
    std::string bytes;
    tokenizer_.decode(ids_, bytes);
    return begun(json, line) + "\"text\":" + json_string(bytes) + "}\n";
  }

 private:
  Tokenizer& tokenizer_;
  std::vector<u32> ids_;
};

Json parsed(const std::string& line) {
  try {
    Json json = Json::parse(line);
    if (json.is_object()) return json;
  } catch (const Json::parse_error& error) {
    throw DataError("no JSON at byte " + std::to_string(error.byte) + " of the line");
  }
  throw DataError("expected a JSON object");
}

}  // namespace

int tokenize_lines(const Arguments& arguments) {
  const auto tokenizer =
      load_tokenizer({arguments.encoding, arguments.vocabulary, arguments.merges,
                      arguments.tokenizer, arguments.allow_special, arguments.eos});
  Converter converter(*tokenizer);
  Output output;
  std::ios::sync_with_stdio(false);
  u64 number = 0;
  u64 offset = 0;
  for (std::string line; std::getline(std::cin, line); offset += line.size() + 1) {
    ++number;
    if (is_json_blank(line)) continue;
    try {
      const Json json = parsed(line);
      output.write(arguments.decode ? converter.decoded(json, line)
                                    : converter.encoded(json, line));
    } catch (const DataError& error) {
      output.finish();
      throw DataError("stdin: line " + std::to_string(number) + ", offset " +
                      std::to_string(offset) + ": " + error.what());
    }
  }
  if (std::cin.bad()) throw ResourceError("cannot read stdin");
  output.finish();
  return 0;
}

}  // namespace shardmill
