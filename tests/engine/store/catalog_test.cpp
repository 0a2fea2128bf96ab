#include "engine/store/catalog.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "engine/store/file.hpp"
#include "tests/cluster/temporary_folder.hpp"

namespace shardmill {
namespace {

Listed listed(const std::string& relative, u64 size = 1, i64 mtime = 1) {
  return {"web", relative, "/in/" + relative, size, mtime};
}

std::string no_digest(const std::filesystem::path& path) {
  throw std::logic_error("nobody may read " + path.string());
}

TEST(CatalogUpdate, NewFilesGetOrdinalsInOrderAndOneEpoch) {
  Catalog catalog;
  EXPECT_TRUE(update(catalog, {listed("b"), listed("a")}, no_digest));
  ASSERT_EQ(catalog.files.size(), 2u);
  EXPECT_EQ(catalog.files[0].relative, "b");
  EXPECT_EQ(catalog.files[1].ordinal, 1u);
  EXPECT_EQ(catalog.epoch, 1u);
  EXPECT_EQ(catalog.revision, 1u);
  const Catalog before = catalog;
  EXPECT_FALSE(update(catalog, {listed("b"), listed("a")}, no_digest));
  EXPECT_EQ(catalog, before);
}

TEST(CatalogUpdate, ATouchedFileStaysAChangedOneIsReplaced) {
  Catalog catalog;
  update(catalog, {listed("a"), listed("b"), listed("c")}, no_digest);
  catalog.files[0].digest = "same";
  catalog.files[1].digest = "old";
  const auto digest_of = [](const std::filesystem::path& path) {
    return std::string(path == "/in/a" ? "same" : "new");
  };
  // c has no digest yet: nobody knows whether it is the same, so it counts as changed, unread.
  EXPECT_TRUE(
      update(catalog, {listed("a", 1, 2), listed("b", 1, 2), listed("c", 1, 2)}, digest_of));
  EXPECT_FALSE(catalog.files[0].tombstone);
  EXPECT_EQ(catalog.files[0].mtime_ns, 2);
  EXPECT_TRUE(catalog.files[1].tombstone);
  EXPECT_TRUE(catalog.files[2].tombstone);
  ASSERT_EQ(catalog.files.size(), 5u);
  EXPECT_EQ(catalog.files[3].relative, "b");
  EXPECT_EQ(catalog.files[3].epoch, 2u);
  EXPECT_EQ(catalog.files[4].relative, "c");
}

TEST(CatalogUpdate, OnlyTouchedOrVanishedFilesStartNoEpoch) {
  Catalog catalog;
  update(catalog, {listed("a"), listed("b")}, no_digest);
  catalog.files[0].digest = "same";
  EXPECT_TRUE(update(catalog, {listed("a", 1, 9)}, [](const auto&) { return "same"; }));
  EXPECT_EQ(catalog.epoch, 1u);
  EXPECT_TRUE(catalog.files[1].tombstone);
  EXPECT_EQ(catalog.live().size(), 1u);
}

TEST(CatalogUpdate, AFileThatReturnsIsANewVersion) {
  Catalog catalog;
  update(catalog, {listed("a")}, no_digest);
  update(catalog, {}, no_digest);
  EXPECT_EQ(catalog.epoch, 1u);
  EXPECT_TRUE(update(catalog, {listed("a")}, no_digest));
  ASSERT_EQ(catalog.files.size(), 2u);
  EXPECT_TRUE(catalog.files[0].tombstone);
  EXPECT_EQ(catalog.files[1].epoch, 2u);
}

TEST(CatalogUpdate, TheSameNameInTwoSourcesIsTwoFilesOnceTwiceAnError) {
  Catalog catalog;
  Listed other = listed("a");
  other.source = "docs";
  EXPECT_TRUE(update(catalog, {listed("a"), other}, no_digest));
  EXPECT_EQ(catalog.files.size(), 2u);
  EXPECT_THROW(update(catalog, {listed("a"), listed("a")}, no_digest), InternalError);
}

TEST(CatalogUpdate, ManyNightsKeepTheRules) {
  for (u64 seed = 0; seed < 50; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    Catalog catalog;
    for (int night = 0; night < 12; ++night) {
      std::vector<Listed> now;
      for (char name = 'a'; name < 'j'; ++name) {
        if (random() % 4 != 0) now.push_back(listed({name}, random() % 2, 1));
      }
      const Catalog before = catalog;
      const bool changed = update(catalog, now, no_digest);
      EXPECT_EQ(changed, catalog != before);
      // What is live is what is listed, with its size.
      std::set<std::pair<std::string, u64>> live;
      std::set<std::pair<std::string, u64>> expected;
      for (const FileVersion& file : catalog.live()) live.insert({file.relative, file.size});
      for (const Listed& file : now) expected.insert({file.relative, file.size});
      EXPECT_EQ(live, expected);
      EXPECT_EQ(catalog.live().size(), now.size());
      // Old versions keep ordinal and epoch; only new ones have the new epoch.
      for (std::size_t i = 0; i < catalog.files.size(); ++i) {
        EXPECT_EQ(catalog.files[i].ordinal, i);
        if (i < before.files.size()) {
          EXPECT_EQ(catalog.files[i].epoch, before.files[i].epoch);
          EXPECT_LE(before.files[i].tombstone, catalog.files[i].tombstone);
        } else {
          EXPECT_EQ(catalog.files[i].epoch, before.epoch + 1);
        }
      }
      EXPECT_EQ(catalog.epoch, before.epoch + (catalog.files.size() > before.files.size() ? 1 : 0));
    }
  }
}

TEST(CatalogFile, GivesBackEverything) {
  const TemporaryFolder folder;
  EXPECT_EQ(load_catalog(folder / "catalog.json"), Catalog{});
  Catalog catalog;
  update(catalog, {listed("plain"), listed("\"quoted\"\n"), listed("ünï"), listed("\xff\xfe.txt")},
         no_digest);
  update(catalog, {listed("plain", ~u64{0} >> 1, -5)}, no_digest);
  catalog.files[4].digest = "00ff";
  catalog.schemas[1] = {{"id", Type::utf8}, {"n", Type::int64}, {"x/y", Type::json}};
  catalog.schemas[2] = {};
  catalog.compacted = 1;
  save_catalog(catalog, folder / "catalog.json");
  EXPECT_EQ(load_catalog(folder / "catalog.json"), catalog);
  save_catalog(Catalog{}, folder / "catalog.json");
  EXPECT_EQ(load_catalog(folder / "catalog.json"), Catalog{});
}

TEST(CatalogFile, ACorruptOneIsNamedWithThePlace) {
  const TemporaryFolder folder;
  Catalog catalog;
  update(catalog, {listed("a"), listed("b")}, no_digest);
  catalog.schemas[1] = {{"id", Type::utf8}};
  save_catalog(catalog, folder / "c");
  const std::string whole = read_whole_file(folder / "c");
  for (std::size_t size = 0; size + 1 < whole.size(); size += 3) {
    write_file_atomically(folder / "cut", whole.substr(0, size));
    try {
      (void)load_catalog(folder / "cut");
      ADD_FAILURE() << "cut to " << size << " bytes";
    } catch (const DataError& error) {
      const std::string said = error.what();
      EXPECT_NE(said.find("cut: the catalogue"), std::string::npos) << said;
      EXPECT_NE(said.find(": byte " + std::to_string(size) +
                          ": expected JSON as a run writes it, found the end of the file; put"),
                std::string::npos)
          << said;
    }
  }
  struct Damage {
    std::string from, to, said;
  };
  const std::string byte = std::to_string(whole.find("[{\"name\""));
  for (const Damage& damage :
       {Damage{"\"ordinal\":1", "\"ordinal\":7", "file version 1 has ordinal 7"},
        Damage{"\"ordinal\":1", "\"ordinal\":\"1\"", "file version 1: type must be number"},
        Damage{"\"size\"", "\"sise\"", "file version 0: key 'size' not found"},
        Damage{"utf8", "utf9", "'utf9' is no column type"},
        Damage{"{\"1\":", "{\"1x\":", "'1x' is no epoch"},
        Damage{"\"relative\":\"a", "\"relative_hex\":\"6g", "'6g' is no byte in hexadecimal"},
        Damage{"\"epoch\":1", "\"epoch\":3", "file version 0 has epoch 3 of 1"},
        Damage{"\"format_version\": 1", "\"format_version\": 2", "format version 2 is not ours"},
        Damage{"\"revision\"", "\"rev\"", "key 'revision' not found"},
        Damage{"[{\"name\"", "}{\"name\"",
               "byte " + byte +
                   ": expected JSON as a run writes it, "
                   "found `}`"},
        Damage{"[{\"name\"", "\xff{\"name\"",
               "byte " + byte +
                   ": expected JSON as a run writes "
                   "it, found the byte 0xff"}}) {
    std::string changed = whole;
    changed.replace(changed.find(damage.from), damage.from.size(), damage.to);
    write_file_atomically(folder / "changed", changed);
    try {
      (void)load_catalog(folder / "changed");
      ADD_FAILURE() << damage.to;
    } catch (const DataError& error) {
      const std::string said = error.what();
      EXPECT_NE(said.find("changed: the catalogue cannot be understood: " + damage.said),
                std::string::npos)
          << said;
      EXPECT_NE(said.find("; put back a copy of it, or remove it"), std::string::npos) << said;
      EXPECT_EQ(said.find("json.exception"), std::string::npos) << said;
    }
  }
}

TEST(FileDigest, AgreesWithXxhsum) {  // the published value for no bytes
  const TemporaryFolder folder;
  write_file_atomically(folder / "f", "");
  EXPECT_EQ(file_digest(folder / "f"), "99aa06d3014798d86001c324468d497f");
  write_file_atomically(folder / "f", std::string(1'000'000, 'a'));
  const std::string first = file_digest(folder / "f");
  write_file_atomically(folder / "f", std::string(1'000'000, 'a'));
  EXPECT_EQ(file_digest(folder / "f"), first);
}

}  // namespace
}  // namespace shardmill
