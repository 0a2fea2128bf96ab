#include "operators/normalize/normalize_step.hpp"

#include <gtest/gtest.h>

namespace shardmill {
namespace {

Settings settings_of(const std::string& unicode, bool control, bool whitespace, bool fold) {
  const auto word = [](bool on) { return on ? "true" : "false"; };
  Settings settings;
  settings.set({.name = "unicode", .kind = Kind::choice}, {.text = unicode}, "test");
  settings.set({.name = "control_characters", .kind = Kind::boolean}, {.text = word(control)}, "");
  settings.set({.name = "whitespace", .kind = Kind::boolean}, {.text = word(whitespace)}, "");
  settings.set({.name = "case_fold", .kind = Kind::boolean}, {.text = word(fold)}, "");
  return settings;
}

Batch batch_of(const std::vector<std::string>& texts) {
  Batch batch;
  for (const std::string& text : texts) {
    batch.key.push_back(DocKey::of(0, batch.size()));
    batch.source.push_back(0);
    batch.id.push("Id " + text);
    batch.text.push(text);
  }
  return batch;
}

struct Outcome {
  std::vector<std::string> texts;
  std::vector<u32> changed;
};

Outcome outcome(NormalizeStep& step, const std::vector<std::string>& texts) {
  Batch batch = batch_of(texts);
  RowVerdicts verdicts;
  step.apply(batch, verdicts);
  EXPECT_EQ(batch.text.size(), texts.size());
  EXPECT_EQ(batch.text.offsets().size(), texts.size() + 1);
  EXPECT_TRUE(verdicts.drops().empty());
  Outcome out{{}, verdicts.changed()};
  for (std::size_t row = 0; row < batch.size(); ++row) {
    EXPECT_TRUE(batch.text.has(row));
    EXPECT_EQ(batch.id[row], "Id " + texts[row]) << "only texts change";
    out.texts.emplace_back(batch.text[row]);
  }
  return out;
}

TEST(NormalizeStep, ReportsExactlyTheRowsThatChange) {
  NormalizeStep step(settings_of("nfc", false, true, false));
  const std::string decomposed = "e\u0301";
  // Changes first, in the middle, last, everywhere and nowhere; empty texts between them.
  const std::vector<std::vector<std::string>> batches = {
      {decomposed, "b", ""}, {"a", "", "x  y", "d"}, {"", "b", "c "},
      {"x  ", decomposed},   {"a", "b", ""},         {},
      {"A", "\u00e9"}};
  for (const auto& texts : batches) {
    const Outcome out = outcome(step, texts);
    std::vector<std::string> expected = texts;
    std::vector<u32> changed;
    for (u32 row = 0; row < texts.size(); ++row) {
      if (texts[row] == decomposed) expected[row] = "\u00e9";
      if (texts[row] == "x  y") expected[row] = "x y";
      if (texts[row] == "c ") expected[row] = "c";
      if (texts[row] == "x  ") expected[row] = "x";
      if (expected[row] != texts[row]) changed.push_back(row);
    }
    EXPECT_EQ(out.texts, expected);
    EXPECT_EQ(out.changed, changed);
  }
}

TEST(NormalizeStep, EachSettingDoesItsOwn) {
  const std::string text = "E\u0301 A\u0007  b";
  const auto with = [&](const std::string& unicode, bool control, bool whitespace, bool fold) {
    NormalizeStep step(settings_of(unicode, control, whitespace, fold));
    return outcome(step, {text}).texts[0];
  };
  EXPECT_EQ(with("none", false, false, false), text);
  EXPECT_EQ(with("nfc", false, false, false), "\u00c9 A\u0007  b");
  EXPECT_EQ(with("none", true, false, false), "E\u0301 A  b");
  EXPECT_EQ(with("none", false, true, false), "E\u0301 A\u0007 b");
  EXPECT_EQ(with("none", false, false, true), "e\u0301 a\u0007  b");
  EXPECT_EQ(with("nfc", true, true, true), "\u00e9 a b");
}

TEST(NormalizeStep, ANormalTextStaysAsItIs) {
  NormalizeStep step(settings_of("nfc", true, true, true));
  const Outcome once = outcome(step, {"X\u0301  y\t\r\n", "\u1e9e", "plain"});
  const Outcome twice = outcome(step, once.texts);
  EXPECT_EQ(twice.texts, once.texts);
  EXPECT_TRUE(twice.changed.empty());
  EXPECT_TRUE(step.changes_text());
}

}  // namespace
}  // namespace shardmill
