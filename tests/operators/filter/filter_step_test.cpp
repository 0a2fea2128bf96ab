#include "operators/filter/filter_step.hpp"

#include <gtest/gtest.h>

namespace shardmill {
namespace {

using Limits = std::vector<std::pair<std::string, i64>>;

Settings settings_of(const Limits& limits, const std::string& where) {
  Settings settings;
  for (const char* name : {"min_characters", "max_characters", "min_words", "max_words"}) {
    const Parameter parameter{.name = name, .kind = Kind::integer};
    settings.unset(parameter);
    for (const auto& [limit, value] : limits) {
      if (limit == name) settings.set(parameter, {.text = std::to_string(value)}, "test");
    }
  }
  const Parameter parameter{.name = "where", .kind = Kind::text};
  settings.unset(parameter);
  if (!where.empty()) settings.set(parameter, {.text = where}, "test");
  return settings;
}

struct Document {
  std::string text;
  std::vector<std::pair<std::string, std::string>> fields = {};  // name -> JSON
  u32 source = 0;
  std::string id = "i";
};

// The reason for each document; empty where it stays.
std::vector<std::string> reasons(const Limits& limits, const std::string& where,
                                 const std::vector<Document>& documents) {
  FilterStep step(settings_of(limits, where), {"web", "docs"});
  Batch batch;
  for (const Document& document : documents) {
    batch.key.push_back(DocKey::of(0, batch.size()));
    batch.source.push_back(document.source);
    batch.id.push(document.id);
    batch.text.push(document.text);
    for (const auto& [name, json] : document.fields) batch.field_for_append(name).push(json);
    batch.end_document();
  }
  RowVerdicts verdicts;
  step.apply(batch, verdicts);
  EXPECT_FALSE(step.changes_text());
  EXPECT_TRUE(verdicts.changed().empty());
  std::vector<std::string> found(documents.size());
  for (const RowVerdicts::Drop& drop : verdicts.drops()) {
    EXPECT_EQ(found[drop.row], "") << "dropped twice";
    found[drop.row] = step.reasons().at(drop.reason);
  }
  return found;
}

TEST(FilterStep, LimitsAreInclusiveAndCountCodePoints) {
  const std::vector<Document> documents = {
      {"ab"}, {"abc"}, {"a\u00e9\u4e2d"}, {"abcde"}, {"abcdef"}};
  EXPECT_EQ(reasons({{"min_characters", 3}, {"max_characters", 5}}, "", documents),
            (std::vector<std::string>{"min_characters", "", "", "", "max_characters"}));
}

TEST(FilterStep, WordsAreThoseOfNearDuplicates) {
  // Han characters are words of their own; signs are none.
  const std::vector<Document> documents = {{"one, two!"}, {"one two three"}, {"\u4e2d\u6587\u5b57"},
                                           {"--- !!"},    {"a b c d e"},     {""},
                                           {"a b c d"}};
  EXPECT_EQ(
      reasons({{"min_words", 3}, {"max_words", 4}}, "", documents),
      (std::vector<std::string>{"min_words", "", "", "min_words", "max_words", "min_words", ""}));
}

TEST(FilterStep, TheFirstBrokenLimitIsTheReason) {
  const Limits all = {
      {"min_characters", 4}, {"max_characters", 9}, {"min_words", 2}, {"max_words", 3}};
  EXPECT_EQ(reasons(all, "ok == true",
                    {{"ab"},
                     {"a b c d e f"},
                     {"abcde"},
                     {"a b c d"},
                     {"ab cd"},
                     {"ab cd", {{"ok", "true"}}}}),
            (std::vector<std::string>{"min_characters", "max_characters", "min_words", "max_words",
                                      "where", ""}));
}

TEST(FilterStep, NoLimitsDropNothing) {
  EXPECT_EQ(reasons({}, "", {{""}, {"a"}}), (std::vector<std::string>{"", ""}));
  EXPECT_EQ(reasons({{"min_characters", 0}, {"min_words", 0}}, "", {{""}}),
            (std::vector<std::string>{""}));
  EXPECT_EQ(reasons({{"max_characters", 0}}, "", {{""}, {"a"}}),
            (std::vector<std::string>{"", "max_characters"}));
}

TEST(FilterStep, ComparesAnyColumn) {
  const std::vector<Document> documents = {{"t", {{"stars", "5"}}, 0, "x"},
                                           {"u", {{"lang", "\"en\""}}, 1, "y"},
                                           {"t", {{"stars", "4.5"}, {"lang", "\"de\""}}, 1, "z"}};
  const auto stay = [&](const std::string& where) {
    std::string kept;
    const auto found = reasons({}, where, documents);
    for (std::size_t i = 0; i < found.size(); ++i) {
      EXPECT_TRUE(found[i].empty() || found[i] == "where");
      if (found[i].empty()) kept += documents[i].id;
    }
    return kept;
  };
  EXPECT_EQ(stay("stars >= 4.5"), "xz");
  EXPECT_EQ(stay("stars < 5"), "z");
  EXPECT_EQ(stay("lang != \"en\""), "z") << "an absent column never holds";
  EXPECT_EQ(stay("unknown != 1"), "");
  EXPECT_EQ(stay("source == \"docs\""), "yz");
  EXPECT_EQ(stay("id > \"x\""), "yz");
  EXPECT_EQ(stay("text == \"t\""), "xz");
  EXPECT_EQ(stay("text == 1"), "");
}

}  // namespace
}  // namespace shardmill
