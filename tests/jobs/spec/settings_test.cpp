// Presets, defaults, where values come from, and the text that fingerprints are made of.
#include "engine/plan/parameter.hpp"
#include "jobs/spec/declarations.hpp"
#include "tests/jobs/spec/job_file.hpp"

namespace shardmill {
namespace {

Settings minhash(const std::string& settings, const std::string& top = "") {
  return job_of(kHead + "steps: [{dedup.minhash: {" + settings + "}}]\n" + top).steps[0].settings;
}

struct PresetCase {
  std::string name;
  std::string unit;
  i64 shingle, bands, rows;
  std::string threshold;
};

TEST(Presets, FillWhatTheirSourcesPublish) {
  const std::vector<PresetCase> cases = {{"fineweb", "words", 5, 14, 8, "0.75"},
                                         {"dolma3", "words", 5, 26, 11, "0.8"},
                                         {"bigcode", "words", 5, 25, 10, "0.7"},
                                         {"nemo", "characters", 24, 20, 13, "0.8"},
                                         {"lee2021", "words", 5, 450, 20, "0.8"}};
  for (const PresetCase& c : cases) {
    const Settings s = minhash("preset: " + c.name);
    EXPECT_EQ(s.text("unit"), c.unit) << c.name;
    EXPECT_EQ(s.integer("shingle"), c.shingle) << c.name;
    EXPECT_EQ(s.integer("bands"), c.bands) << c.name;
    EXPECT_EQ(s.integer("rows"), c.rows) << c.name;
    EXPECT_EQ(s.decimal("threshold").text(), c.threshold) << c.name;
    EXPECT_EQ(s.where("rows"), "preset " + c.name);
  }
  EXPECT_EQ(minhash("").canonical(), minhash("preset: dolma3").canonical());
}

TEST(Presets, FillOnlyWhatTheJobDoesNotSetWhateverTheOrder) {
  for (const std::string text : {"bands: 3, preset: nemo", "preset: nemo, bands: 3"}) {
    const Settings s = minhash(text);
    EXPECT_EQ(s.integer("bands"), 3);
    EXPECT_EQ(s.integer("rows"), 13);
    EXPECT_EQ(s.text("unit"), "characters");
  }
}

TEST(Settings, OfTheSemanticStep) {
  const Settings plain = job_with("  - dedup.semantic: {column: v}\n").steps[0].settings;
  EXPECT_EQ(plain.text("column"), "v");
  EXPECT_EQ(plain.decimal("threshold").text(), "0.95");
  EXPECT_EQ(plain.text("clusters"), "auto");
  EXPECT_EQ(plain.integer("probes"), 2);
  EXPECT_EQ(plain.integer("iterations"), 10);
  EXPECT_EQ(plain.integer("neighbours"), 256);
  EXPECT_EQ(plain.text("cluster"), "witness");
  EXPECT_FALSE(plain.boolean("chain"));
  EXPECT_EQ(plain.integer("seed"), 0);
  const Settings given =
      job_with("  - dedup.semantic: {column: v, clusters: 1000000, keep: hard}\n")
          .steps[0]
          .settings;
  EXPECT_EQ(given.text("clusters"), "1000000");
  EXPECT_EQ(given.list("keep"), (std::vector<std::string>{"hard"}));
}

TEST(Settings, KnowWhereEachValueWasWritten) {
  const Settings s =
      job_with("  - dedup.minhash: {threshold: 0.7}\n", {"steps.dedup.minhash.rows=9"})
          .steps[0]
          .settings;
  EXPECT_EQ(s.where("threshold"), "job.yaml:6:32");
  EXPECT_EQ(s.where("rows"), "--set steps.dedup.minhash.rows=9");
  EXPECT_EQ(s.where("bands"), "preset dolma3");
  EXPECT_EQ(s.where("verify"), "default");
  EXPECT_EQ(s.where_or("threshold", "elsewhere"), "job.yaml:6:32");
  EXPECT_EQ(s.where_or("bands", "elsewhere"), "elsewhere");
  EXPECT_EQ(s.where_or("verify", "elsewhere"), "elsewhere");
}

TEST(Settings, TheSeedOfAStepIsTheJobsUnlessSet) {
  EXPECT_EQ(minhash("").integer("seed"), 0);
  EXPECT_EQ(minhash("", "seed: 42\n").integer("seed"), 42);
  EXPECT_EQ(minhash("seed: 1", "seed: 42\n").integer("seed"), 1);
}

TEST(Settings, OptionalOnesAreUnset) {
  const Settings s = job_with("  - filter: {min_words: 3}\n").steps[0].settings;
  EXPECT_TRUE(s.has("min_words"));
  EXPECT_FALSE(s.has("max_words"));
  EXPECT_FALSE(s.has("where"));
  EXPECT_EQ(s.shown("max_words"), "-");
  EXPECT_THROW((void)s.integer("max_words"), InternalError);
  EXPECT_THROW((void)s.integer("no such name"), InternalError);
  EXPECT_THROW((void)s.text("min_words"), InternalError);
}

TEST(Canonical, IsTheSameForTheSameMeaning) {
  const std::string base = minhash("").canonical();
  EXPECT_EQ(minhash("threshold: 0.80, bands: 26, rows: 11, verify: true").canonical(), base);
  EXPECT_EQ(minhash("rows: 11, bands: 26").canonical(), base);
  // A preset counts only through what it fills.
  EXPECT_EQ(minhash("preset: lee2021, bands: 26, rows: 11").canonical(), base);
  EXPECT_EQ(minhash("seed: 0").canonical(), base);
}

TEST(Canonical, DiffersWhenAnyValueDoes) {
  const std::vector<std::string> all = {"",
                                        "preset: nemo",
                                        "unit: characters",
                                        "shingle: 6",
                                        "bands: 27",
                                        "rows: 12",
                                        "threshold: 0.81",
                                        "measure: containment",
                                        "seed: 1",
                                        "verify: false",
                                        "cluster: components",
                                        "keep: source",
                                        "keep: [longest, source]",
                                        "keep: [source, longest]",
                                        "against: x",
                                        "bucket_head: 10"};
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      EXPECT_NE(minhash(all[i]).canonical(), minhash(all[j]).canonical())
          << all[i] << " | " << all[j];
    }
  }
}

TEST(Canonical, EntriesCannotRunTogether) {
  const Parameter list{.name = "l", .kind = Kind::text_list};
  const auto canonical = [&](std::vector<std::string> items) {
    Settings s;
    s.set(list, {.list = std::move(items)}, "");
    return s.canonical();
  };
  EXPECT_NE(canonical({"a", "b"}), canonical({"a,1:b"}));
  EXPECT_NE(canonical({"a,b"}), canonical({"a", "b"}));
  EXPECT_NE(canonical({}), canonical({""}));
}

TEST(Canonical, LeavesOutWhatAffectsOnlySpeed) {
  Settings s;
  s.set({.name = "fast", .kind = Kind::integer, .affects = Affects::speed}, {.text = "1"}, "");
  EXPECT_EQ(s.canonical(), "");
}

TEST(Canonical, KeepsTheOrderOfFractions) {
  const auto split = [](const std::string& text) {
    return job_with("  - split: {" + text + "}\n").steps[0].settings.canonical();
  };
  EXPECT_EQ(split("a: 0.5, b: 0.5"), split("a: 0.50, b: 0.5, by: cluster"));
  EXPECT_NE(split("a: 0.5, b: 0.5"), split("b: 0.5, a: 0.5"));
}

TEST(Declarations, DefaultsAndPresetsAreThemselvesValid) {
  for (const OperatorDeclaration& op : operator_declarations()) {
    const std::string needed = op.name == "split"           ? "train: 1, "
                               : op.name == "aggregate"     ? "name: t, by: a, values: {n: count}, "
                               : op.name == "join"          ? "with: t.jsonl, on: k, columns: c, "
                               : op.name == "embed"         ? "from: column, of: n, column: v, "
                               : op.name == "decontaminate" ? "against: b.jsonl, "
                               : op.name == "dedup.semantic" ? "column: v, "
                               : op.name == "tokenize"       ? "encoding: bytes, "
                               : op.name == "nearest"        ? "column: v, against: o, "
                                                             : "";
    for (const Preset& preset : op.presets) {
      for (const auto& [name, value] : preset.values) {
        EXPECT_NE(op.find(name), nullptr) << op.name << " " << preset.name << " " << name;
        EXPECT_NO_THROW(
            (void)job_with("  - " + op.name + ": {" + needed + name + ": " + value + "}\n"));
      }
    }
    for (const Parameter& p : op.parameters) {
      EXPECT_FALSE(p.help.empty()) << op.name << " " << p.name;
      if (p.default_value.empty() || p.required) continue;
      EXPECT_NO_THROW((void)job_with("  - " + op.name + ": {" + needed + p.name + ": " +
                                     p.default_value + "}\n"))
          << op.name << " " << p.name;
    }
  }
}

}  // namespace
}  // namespace shardmill
