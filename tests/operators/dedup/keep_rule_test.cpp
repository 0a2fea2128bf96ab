#include "operators/dedup/keep_rule.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <tuple>

namespace shardmill {
namespace {

struct Document {
  std::string text = "t";
  u32 source = 0;
  std::string json = {};  // of the column c; empty: absent
  std::string id = "i";
};

std::vector<std::string> priorities(const std::vector<std::string>& criteria,
                                    const std::vector<Document>& documents) {
  const KeepRule rule(criteria);
  Batch batch;
  for (const Document& document : documents) {
    batch.key.push_back({batch.size()});
    batch.source.push_back(document.source);
    batch.id.push(document.id);
    batch.text.push(document.text);
    if (!document.json.empty()) batch.field_for_append("c").push(document.json);
    batch.end_document();
  }
  std::vector<std::string> found;
  for (std::size_t row = 0; row < batch.size(); ++row) {
    std::string out = "before";
    rule.append(batch, row, out);
    EXPECT_EQ(out.size(), 6 + rule.bytes());
    found.push_back(out.substr(6));
  }
  return found;
}

// Best first; documents of one inner list are equally good.
void expect_order(const std::vector<std::string>& criteria,
                  const std::vector<std::vector<Document>>& order) {
  std::vector<Document> documents;
  std::vector<std::size_t> rank;
  for (std::size_t i = 0; i < order.size(); ++i) {
    for (const Document& document : order[i]) {
      documents.push_back(document);
      rank.push_back(i);
    }
  }
  const auto found = priorities(criteria, documents);
  for (std::size_t a = 0; a < documents.size(); ++a) {
    for (std::size_t b = 0; b < documents.size(); ++b) {
      EXPECT_EQ(found[a] < found[b], rank[a] < rank[b])
          << criteria[0] << ": " << documents[a].json << documents[a].text << " and "
          << documents[b].json << documents[b].text;
    }
  }
}

std::vector<std::vector<Document>> columns(const std::vector<std::vector<std::string>>& order) {
  std::vector<std::vector<Document>> documents;
  for (const auto& equals : order) {
    documents.emplace_back();
    for (const std::string& json : equals) documents.back().push_back({.json = json});
  }
  return documents;
}

TEST(KeepRule, NumbersThenStringsThenWhatIsMissing) {
  const std::vector<std::vector<std::string>> numbers = {
      {"-1e300"},
      {"-9223372036854775808"},
      {"-2.5", "-25e-1"},
      {"-1e-300"},
      {"0", "-0", "0.0", "-0.0"},
      {"5e-324"},
      {"2", "2.0"},
      {"10"},
      {"9007199254740992", "9007199254740993"},  // one double
      {"18446744073709551615"}};
  const std::vector<std::vector<std::string>> strings = {
      {"\"\""},        {"\"2026-01-02\""}, {"\"2026-01-10\""}, {"\"a\"", "\"\\u0061\""},
      {"\"\\u00e9\""}, {"\"\U0001F600\""}};
  const std::vector<std::vector<std::string>> missing = {{"", "true", "false", "[1]", "{\"a\":2}"}};

  auto ascending = std::vector(numbers.begin(), numbers.end());
  ascending.insert(ascending.end(), strings.begin(), strings.end());
  ascending.insert(ascending.end(), missing.begin(), missing.end());
  expect_order({"lowest:c"}, columns(ascending));

  auto descending = std::vector(numbers.rbegin(), numbers.rend());
  descending.insert(descending.end(), strings.rbegin(), strings.rend());
  descending.insert(descending.end(), missing.begin(), missing.end());
  expect_order({"highest:c"}, columns(descending));
  expect_order({"newest:c"}, columns(descending));
}

TEST(KeepRule, StringsByTheirFirst23Bytes) {
  const std::string same(23, 'x');
  expect_order({"lowest:id"}, {{{.id = same.substr(1)}},
                               {{.id = same + "a"}, {.id = same + "b"}},
                               {{.id = same.substr(1) + "y"}}});
  expect_order({"highest:text"}, {{{.text = "b"}}, {{.text = "ab"}}, {{.text = "a"}}});
}

TEST(KeepRule, LengthsAreCodePoints) {
  const std::vector<std::vector<Document>> growing = {{{.text = ""}},
                                                      {{.text = "z"}, {.text = "\U0001F600"}},
                                                      {{.text = "\u00e9\u00e9"}},
                                                      {{.text = std::string(300, 'a')}}};
  expect_order({"shortest"}, growing);
  expect_order({"longest"}, std::vector(growing.rbegin(), growing.rend()));
}

TEST(KeepRule, CriteriaCountInTheirOrder) {
  std::mt19937 random(1);
  std::vector<Document> documents;
  std::vector<std::tuple<u32, int, double>> expected;  // source, minus length, value
  for (int i = 0; i < 200; ++i) {
    const auto source = static_cast<u32>(random() % 3);
    const auto length = static_cast<int>(random() % 3);
    const auto value = static_cast<int>(random() % 5);
    documents.push_back({std::string(static_cast<std::size_t>(length), 'a'), source,
                         value == 4 ? "" : std::to_string(value - 2)});
    expected.emplace_back(source, -length, value == 4 ? 1e9 : value - 2);
  }
  const auto found = priorities({"source", "longest", "lowest:c"}, documents);
  for (std::size_t a = 0; a < found.size(); ++a) {
    for (std::size_t b = 0; b < found.size(); ++b) {
      ASSERT_EQ(found[a] < found[b], expected[a] < expected[b]);
    }
  }
  EXPECT_TRUE(KeepRule({}).by_arrival());
  EXPECT_EQ(KeepRule({}).bytes(), 0U);
}

}  // namespace
}  // namespace shardmill
