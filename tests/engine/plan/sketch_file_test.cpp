#include "engine/plan/sketch_file.hpp"

#include <gtest/gtest.h>

#include "cluster/error.hpp"
#include "engine/plan/fragment_file.hpp"
#include "engine/store/file.hpp"
#include "tests/cluster/temporary_folder.hpp"

namespace shardmill {
namespace {

TEST(SketchFile, GivesBackEveryBlockInAnyOrder) {
  const TemporaryFolder folder;
  const std::vector<TextSize> sizes = {{3, 12}, {0, 0}};
  SketchWriter writer(folder / "s.seg");
  writer.add_block("ab", {});
  writer.add_block("", {});
  writer.add_block("cde", sizes);
  EXPECT_FALSE(std::filesystem::exists(folder / "s.seg"));
  writer.commit(77);
  const SketchReader reader(folder / "s.seg");
  EXPECT_EQ(reader.fragment(), 77U);
  std::string sketches;
  const auto of_block = [&](u64 block) {
    reader.sketches(block, sketches);
    return sketches;
  };
  EXPECT_EQ(of_block(2), "cde");
  EXPECT_EQ(of_block(0), "ab");
  EXPECT_EQ(of_block(1), "");
  std::vector<TextSize> read = {{9, 9}};
  reader.sizes(2, read);
  EXPECT_EQ(read, sizes);
  EXPECT_THROW(reader.sizes(0, read), DataError);
  EXPECT_THROW((void)of_block(3), DataError);
}

TEST(SketchFile, AnotherFileIsNone) {
  const TemporaryFolder folder;
  FragmentWriter(folder / "f.seg").commit({});
  EXPECT_THROW(SketchReader(folder / "f.seg"), DataError);
}

// By this sketches know the fragment they were taken of.
TEST(SketchFile, FragmentsOfOtherContentHaveOtherChecksums) {
  const TemporaryFolder folder;
  const auto checksum = [&](const char* text) {
    Batch batch;
    batch.key.push_back(DocKey::of(0, 0));
    batch.source.push_back(0);
    batch.id.push("i");
    batch.text.push(text);
    FragmentWriter writer(folder / "f.seg");
    writer.add_block({{.key = DocKey::of(0, 0)}}, {}, batch, {});
    return writer.commit({});
  };
  EXPECT_EQ(checksum("same"), checksum("same"));
  EXPECT_NE(checksum("same"), checksum("sane"));
}

}  // namespace
}  // namespace shardmill
