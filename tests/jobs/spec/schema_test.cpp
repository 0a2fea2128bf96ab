// The JSON Schema says what the strict reader says, checked with a validator of the few keywords
// that the schema uses.
#include "jobs/command/schema.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <regex>

#include "jobs/command/ops.hpp"
#include "jobs/spec/declarations.hpp"
#include "tests/jobs/spec/job_file.hpp"

namespace shardmill {
namespace {

using Json = nlohmann::json;

bool has_type(const Json& value, const std::string& type) {
  if (type == "integer") return value.is_number_integer();
  if (type == "number") return value.is_number();
  return value.type_name() == type;
}

bool accepts(const Json& schema, const Json& value) {
  for (const auto& [keyword, wanted] : schema.items()) {
    if (keyword == "type") {
      const Json types = wanted.is_array() ? wanted : Json::array({wanted});
      if (std::none_of(types.begin(), types.end(),
                       [&](const Json& type) { return has_type(value, type); })) {
        return false;
      }
    } else if (keyword == "enum") {
      if (std::find(wanted.begin(), wanted.end(), value) == wanted.end()) return false;
    } else if (keyword == "anyOf") {
      if (std::none_of(wanted.begin(), wanted.end(),
                       [&](const Json& option) { return accepts(option, value); })) {
        return false;
      }
    } else if (keyword == "minimum") {
      if (value.is_number() && value < wanted) return false;
    } else if (keyword == "exclusiveMinimum") {
      if (value.is_number() && value <= wanted) return false;
    } else if (keyword == "maximum") {
      if (value.is_number() && value > wanted) return false;
    } else if (keyword == "pattern") {
      if (value.is_string() &&
          !std::regex_search(value.get<std::string>(), std::regex(wanted.get<std::string>()))) {
        return false;
      }
    } else if (keyword == "items") {
      if (!value.is_array()) continue;
      for (const Json& item : value) {
        if (!accepts(wanted, item)) return false;
      }
    } else if (keyword == "minItems") {
      if (value.is_array() && value.size() < wanted) return false;
    } else if (keyword == "maxItems") {
      if (value.is_array() && value.size() > wanted) return false;
    } else if (keyword == "minProperties") {
      if (value.is_object() && value.size() < wanted) return false;
    } else if (keyword == "maxProperties") {
      if (value.is_object() && value.size() > wanted) return false;
    } else if (keyword == "required") {
      if (!value.is_object()) continue;
      for (const Json& name : wanted) {
        if (!value.contains(name.get<std::string>())) return false;
      }
    } else if (keyword == "properties") {
      if (!value.is_object()) continue;
      for (const auto& [name, property] : wanted.items()) {
        if (value.contains(name) && !accepts(property, value[name])) return false;
      }
    } else if (keyword == "additionalProperties") {
      if (!value.is_object()) continue;
      for (const auto& [name, property] : value.items()) {
        if (schema.contains("properties") && schema["properties"].contains(name)) continue;
        if (wanted == false || (wanted.is_object() && !accepts(wanted, property))) return false;
      }
    } else {
      const std::vector<std::string> notes = {"$schema", "title", "description", "default"};
      EXPECT_NE(std::find(notes.begin(), notes.end(), keyword), notes.end()) << keyword;
    }
  }
  return true;
}

// A job as JSON, which the strict reader takes as well.
Json job_with_step(const std::string& step) {
  return Json::parse(R"({"dataset": "d", "output": "o", "sources": [{"name": "a", "read": "x"}],
                         "steps": [)" +
                     step + "]}");
}

bool reader_accepts(const Json& job) {
  try {
    (void)job_of(job.dump());
    return true;
  } catch (const ConfigError&) {
    return false;
  }
}

TEST(Schema, AcceptsTheJobOfTheDesign) {
  const Json job = Json::parse(R"({
    "dataset": "nightly", "output": "data/nightly",
    "sources": [
      {"name": "web", "read": "corpus/web/*.jsonl.zst", "columns": {"id": "url", "text": "text"}},
      {"name": "docs", "read": "/usr/share/doc/**/copyright", "format": "text"}],
    "steps": [
      {"normalize": {"unicode": "nfc"}}, {"dedup.exact": {}},
      {"dedup.minhash": {"preset": "dolma3", "threshold": 0.8}},
      {"split": {"train": 0.98, "validation": 0.01, "test": 0.01, "by": "cluster"}}],
    "write": {"text": {"shard_size": "256MiB"}}})");
  EXPECT_TRUE(accepts(Json::parse(job_schema()), job));
  EXPECT_TRUE(reader_accepts(job));
}

TEST(Schema, AgreesWithTheReader) {
  const Json schema = Json::parse(job_schema());
  const std::vector<std::pair<const char*, bool>> steps = {
      {R"("dedup.exact")", true},
      {R"({"dedup.exact": null})", true},
      {R"("exclude")", false},
      {R"({"exclude": {"ids": "x"}})", true},
      {R"({"dedup.exact": {}, "normalize": {}})", false},
      {R"({})", false},
      {R"("dedup.minhahs")", false},
      {R"({"dedup.minhash": {"treshold": 0.8}})", false},
      {R"({"dedup.minhash": {"threshold": 0}})", false},
      {R"({"dedup.minhash": {"threshold": 1}})", true},
      {R"({"dedup.minhash": {"threshold": 1.1}})", false},
      {R"({"dedup.minhash": {"threshold": "0.8"}})", false},
      {R"({"dedup.minhash": {"bands": 1.5}})", false},
      {R"({"dedup.minhash": {"bands": 0}})", false},
      {R"({"dedup.minhash": {"preset": "dolma"}})", false},
      {R"({"dedup.minhash": {"verify": "true"}})", false},
      {R"({"dedup.exact": {"keep": "source"}})", true},
      {R"({"dedup.exact": {"keep": ["source", "longest", "newest:date"]}})", true},
      {R"({"dedup.exact": {"keep": ["source", "source", "source", "source"]}})", false},
      {R"({"filter": {"min_words": 3, "where": "stars >= 5"}})", true},
      {R"({"filter": {"min_words": -3}})", false},
      {R"({"tokenize": {"encoding": "bytes"}})", true},
      {R"({"tokenize": {"encoding": "byte"}})", false},
      {R"({"split": {"train": 0.5, "rest": 0.5}})", true},
      {R"({"split": {"train": "half"}})", false},
      {R"({"split": {"train": 1, "by": "document"}})", true},
      {R"({"split": {"train": 1, "group_by": ["author", "thread"]}})", true},
      {R"({"split": {"train": 1, "group_by": {"author": "x"}}})", false},
      {R"({"split": {"train": 1, "by": "author"}})", false}};
  for (const auto& [step, expected] : steps) {
    const Json job = job_with_step(step);
    EXPECT_EQ(accepts(schema, job), expected) << step;
    EXPECT_EQ(reader_accepts(job), expected) << step;
  }
  const std::vector<std::tuple<const char*, const char*, bool>> others = {
      {"/seed", "-1", false},
      {"/seed", "7", true},
      {"/sed", "7", false},
      {"/sources", "[]", false},
      {"/sources/0/format", "\"parquet\"", false},
      {"/sources/0/max_record", "\"1MiB\"", true},
      {"/sources/0/max_record", "\"1MB\"", false},
      {"/sources/0/read", "[]", false},
      {"/write", R"({"text": {"shard_size": 1000}})", true},
      {"/write", R"({"token": {}})", false},
      {"/write", R"({"tokens": {"layout": "rows"}})", false},
      {"/tolerate", R"({"files": 1, "records": 0.5})", true},
      {"/tolerate", R"({"records": 1.5})", false}};
  for (const auto& [place, value, expected] : others) {
    Json job = job_with_step("\"normalize\"");
    job[Json::json_pointer(place)] = Json::parse(value);
    EXPECT_EQ(accepts(schema, job), expected) << place << " " << value;
    EXPECT_EQ(reader_accepts(job), expected) << place << " " << value;
  }
}

TEST(Operators, AreDescribedForPeopleAndMachines) {
  const Json described = Json::parse(operators_json());
  const std::string text = operators_text();
  ASSERT_EQ(described["operators"].size(), operator_declarations().size());
  for (const OperatorDeclaration& op : operator_declarations()) {
    EXPECT_NE(text.find(op.name + " ("), std::string::npos);
    const auto found = std::find_if(described["operators"].begin(), described["operators"].end(),
                                    [&](const Json& o) { return o["name"] == op.name; });
    ASSERT_NE(found, described["operators"].end());
    EXPECT_EQ((*found)["parameters"].size(), op.parameters.size());
    for (const Parameter& p : op.parameters) {
      const std::string begin = p.help.substr(0, 20);  // longer ones are wrapped
      EXPECT_NE(text.find(begin), std::string::npos) << p.name;
    }
  }
}

}  // namespace
}  // namespace shardmill
