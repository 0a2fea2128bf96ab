#include "jobs/command/tokenize.hpp"

#include <iostream>
#include <nlohmann/json.hpp>

#include "engine/observe/json_line.hpp"
#include "jobs/command/output.hpp"
#include "operators/read/line_reader.hpp"
#include "operators/tokenize/tokenizer.hpp"

namespace shardmill {
namespace {

using Json = nlohmann::json;

// {"id": …, up to the value that comes behind it.
std::string begun(const Json& line) {
  const auto id = line.find("id");
  if (id != line.end() && id->is_structured()) throw DataError("expected `id`, a string or number");
  return id == line.end() ? "{" : "{\"id\":" + id->dump() + ",";
}

class Converter {
 public:
  explicit Converter(Tokenizer& tokenizer) : tokenizer_(tokenizer) {}

  std::string encoded(const Json& line) {
    const auto text = line.find("text");
    if (text == line.end() || !text->is_string()) {
      throw DataError("expected `text`, a string");
    }
    ids_.clear();
    tokenizer_.encode(text->get_ref<const std::string&>(), ids_);
    std::string out = begun(line) + "\"ids\":[";
    for (const u32 id : ids_) out += std::to_string(id) + ",";
    if (!ids_.empty()) out.pop_back();
    return out + "]}\n";
  }

  std::string decoded(const Json& line) {
    const auto ids = line.find("ids");
    if (ids == line.end() || !ids->is_array()) throw DataError("expected `ids`, an array");
    ids_.clear();
    for (const Json& id : *ids) {
      if (!id.is_number_unsigned()) throw DataError("expected token ids; found " + id.dump());
      if (id.get<u64>() > UINT32_MAX) throw DataError("no token has id " + id.dump());
      ids_.push_back(id.get<u32>());
    }
    std::string bytes;
    tokenizer_.decode(ids_, bytes);
    return begun(line) + "\"text\":" + json_string(bytes) + "}\n";
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
      output.write(arguments.decode ? converter.decoded(json) : converter.encoded(json));
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
