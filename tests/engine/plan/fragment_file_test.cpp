#include "engine/plan/fragment_file.hpp"

#include <gtest/gtest.h>

#include <random>

#include "tests/cluster/temporary_folder.hpp"

namespace shardmill {
namespace {

std::vector<std::optional<std::string>> cells(const TextColumn& column) {
  std::vector<std::optional<std::string>> values;
  for (std::size_t row = 0; row < column.size(); ++row) {
    if (column.has(row)) {
      values.emplace_back(column[row]);
    } else {
      values.emplace_back(std::nullopt);
    }
  }
  return values;
}

struct Block {
  std::vector<DocEntry> entries;
  std::vector<RowHit> hits;
  Batch batch;
  std::map<u32, TextColumn> texts;
};

// `rows` documents with odd texts, absent fields, and a step 2 that saw other texts.
Block random_block(std::mt19937_64& random, u64 rows) {
  const std::vector<std::string> texts = {"", std::string("a\0b", 3), "\u4e2d",
                                          "long " + std::string(5000, 'x')};
  Block block;
  for (u64 row = 0; row < rows; ++row) {
    block.entries.push_back({DocKey::of(3, row), random(), random() % 100, random(),
                             row % 3 == 0 ? kNoStep : static_cast<u32>(row), 1});
    if (row % 4 == 1) block.hits.push_back({static_cast<u32>(row), 2, RowHit::kChanged});
    block.batch.key.push_back(DocKey::of(3, row));
    block.batch.source.push_back(1);
    block.batch.id.push("id" + std::to_string(random() % 5));
    block.batch.text.push(texts[random() % texts.size()]);
    if (random() % 2 == 0) block.batch.field_for_append("n").push(std::to_string(row));
    if (random() % 9 == 0) block.batch.field_for_append("odd \xff name").push("\"\"");
    block.batch.end_document();
    block.texts[2].push("earlier " + std::to_string(row));
    block.texts[4].push(block.batch.text[row]);
  }
  return block;
}

// In any order, some of them more than once.
void expect_texts(BlockTexts& texts, const TextColumn& expected, std::mt19937_64& random) {
  ASSERT_EQ(texts.size(), expected.size());
  for (std::size_t n = 0; n < 2 * expected.size(); ++n) {
    const std::size_t row = random() % expected.size();
    ASSERT_EQ(texts[row], expected[row]);
  }
  for (std::size_t row = 0; row < expected.size(); ++row) ASSERT_EQ(texts[row], expected[row]);
}

TEST(FragmentFile, GivesBackEveryBlockInAnyOrder) {
  const TemporaryFolder folder;
  std::mt19937_64 random(6);
  std::vector<Block> blocks;
  for (const u64 rows : {50U, 1U, 0U, 300U}) blocks.push_back(random_block(random, rows));
  FragmentInfo info;
  info.documents_of = {{3, 351}, {9, 0}};
  info.raw_bytes = 1000;
  info.text_bytes = u64{1} << 40;
  info.unreadable = {{3, 17, "invalid_json", "line: \xff"}, {4, 0, "binary", ""}};
  info.seen = {{"n", kSeenInt}, {"odd", kSeenInt | kSeenString}};
  info.dimensions = {{"v", {{3, 8}, {9, 8}}}, {"w", {{3, 1}}}};
  info.failures = {{7, "no permission"}};
  info.gone = {8, 11};
  FragmentWriter writer(folder / "f.seg");
  for (const Block& block : blocks) {
    writer.add_block(block.entries, block.hits, block.batch, block.texts);
  }
  const u64 checksum = writer.commit(info);

  const FragmentReader reader(folder / "f.seg");
  EXPECT_EQ(reader.checksum(), checksum);
  EXPECT_EQ(reader.info().documents_of, info.documents_of);
  EXPECT_EQ(reader.info().raw_bytes, info.raw_bytes);
  EXPECT_EQ(reader.info().text_bytes, info.text_bytes);
  EXPECT_EQ(reader.info().seen, info.seen);
  EXPECT_EQ(reader.info().dimensions, info.dimensions);
  EXPECT_EQ(reader.info().failures, info.failures);
  EXPECT_EQ(reader.info().gone, info.gone);
  ASSERT_EQ(reader.info().unreadable.size(), 2U);
  EXPECT_EQ(reader.info().unreadable[0].offset, 17U);
  EXPECT_EQ(reader.info().unreadable[0].reason, "invalid_json");
  EXPECT_EQ(reader.info().unreadable[0].detail, "line: \xff");
  EXPECT_EQ(reader.info().unreadable[1].ordinal, 4U);

  ASSERT_EQ(reader.blocks(), blocks.size());
  std::vector<DocEntry> entries;
  std::vector<RowHit> hits;
  std::vector<Field> fields;
  TextColumn column;
  BlockTexts texts;
  for (const u64 b : {3U, 0U, 2U, 1U, 0U}) {  // what an earlier block left behind must go
    const Block& block = blocks[b];
    reader.entries(b, entries);
    ASSERT_EQ(entries.size(), block.entries.size());
    for (std::size_t i = 0; i < entries.size(); ++i) {
      EXPECT_EQ(entries[i].key, block.entries[i].key);
      EXPECT_EQ(entries[i].place, block.entries[i].place);
      EXPECT_EQ(entries[i].bytes, block.entries[i].bytes);
      EXPECT_EQ(entries[i].content, block.entries[i].content);
      EXPECT_EQ(entries[i].first_drop, block.entries[i].first_drop);
      EXPECT_EQ(entries[i].source, block.entries[i].source);
    }
    reader.hits(b, hits);
    ASSERT_EQ(hits.size(), block.hits.size());
    for (std::size_t i = 0; i < hits.size(); ++i) {
      EXPECT_EQ(hits[i].row, block.hits[i].row);
      EXPECT_EQ(hits[i].step, block.hits[i].step);
      EXPECT_EQ(hits[i].reason, block.hits[i].reason);
    }
    reader.ids(b, column);
    EXPECT_EQ(cells(column), cells(block.batch.id));
    reader.texts(b, texts);
    expect_texts(texts, block.batch.text, random);
    reader.texts_at(b, 2, texts);
    expect_texts(texts, block.texts.count(2) ? block.texts.at(2) : TextColumn(), random);
    for (const u32 step : {4U, 6U}) {  // as it ended: stored once
      reader.texts_at(b, step, texts);
      expect_texts(texts, block.batch.text, random);
    }
    reader.fields(b, fields);
    ASSERT_EQ(fields.size(), block.batch.fields.size());
    for (std::size_t i = 0; i < fields.size(); ++i) {
      EXPECT_EQ(fields[i].name, block.batch.fields[i].name);
      EXPECT_EQ(cells(fields[i].json), cells(block.batch.fields[i].json));
    }
  }
}

// "ab" + "c" and "a" + "bc" are the same bytes.
TEST(FragmentFile, AnEarlierTextThatDiffersOnlyInItsBordersIsKept) {
  const TemporaryFolder folder;
  Block block;
  for (const auto& [text, earlier] : {std::pair("ab", "a"), std::pair("c", "bc")}) {
    block.entries.push_back({.key = DocKey::of(0, block.entries.size())});
    block.batch.key.push_back(block.entries.back().key);
    block.batch.source.push_back(0);
    block.batch.id.push("i");
    block.batch.text.push(text);
    block.texts[1].push(earlier);
  }
  FragmentWriter writer(folder / "f.seg");
  writer.add_block(block.entries, {}, block.batch, block.texts);
  writer.commit({});
  const FragmentReader reader(folder / "f.seg");
  BlockTexts texts;
  reader.texts_at(0, 1, texts);
  EXPECT_EQ(texts[0], "a");
  reader.texts(0, texts);
  EXPECT_EQ(texts[0], "ab");
}

TEST(FragmentFile, WithoutCommitThereIsNone) {
  const TemporaryFolder folder;
  { const FragmentWriter writer(folder / "f.seg"); }
  EXPECT_FALSE(std::filesystem::exists(folder / "f.seg"));
}

}  // namespace
}  // namespace shardmill
