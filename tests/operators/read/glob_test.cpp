// Which files a pattern means.
#include "operators/read/glob.hpp"

#include "tests/operators/read/read_fixture.hpp"

namespace shardmill {
namespace {

using Names = std::vector<std::string>;

class Glob : public ReadTest {
 protected:
  Glob() {
    for (const char* name : {"a.jsonl", "b.jsonl", "B.jsonl", "c.txt", ".hidden.jsonl",
                             "sub/a.jsonl", "sub/deep/d.jsonl", "sub/.git/x.jsonl", "\u00e9.jsonl",
                             "[x].jsonl", "sub/deep/e.txt", "sub2/a.jsonl"}) {
      write(name, name);
    }
  }
  Names find(const Names& patterns) {
    Names names;
    for (const FoundFile& file : find_files(patterns, folder_)) names.push_back(file.relative);
    return names;
  }
};

TEST_F(Glob, Wildcards) {
  EXPECT_EQ(find({"*.jsonl"}),
            (Names{"B.jsonl", "[x].jsonl", "a.jsonl", "b.jsonl", "\u00e9.jsonl"}));
  EXPECT_EQ(find({"?.jsonl"}), (Names{"B.jsonl", "a.jsonl", "b.jsonl", "\u00e9.jsonl"}));
  EXPECT_EQ(find({"[ab].jsonl"}), (Names{"a.jsonl", "b.jsonl"}));
  EXPECT_EQ(find({"[!a].jsonl"}), (Names{"B.jsonl", "b.jsonl", "\u00e9.jsonl"}));
  EXPECT_EQ(find({"[[]x].jsonl"}), (Names{"[x].jsonl"}));
  EXPECT_EQ(find({".*.jsonl"}), (Names{".hidden.jsonl"}));
  EXPECT_EQ(find({"sub*/a.*"}), (Names{"sub/a.jsonl", "sub2/a.jsonl"}));
  EXPECT_EQ(find({"nothing*"}), Names{});
  EXPECT_EQ(find({"no/such/folder/*"}), Names{});
}

TEST_F(Glob, AnyNumberOfFolders) {
  EXPECT_EQ(find({"sub/**/*.jsonl"}), (Names{"a.jsonl", "deep/d.jsonl"}));
  EXPECT_EQ(find({"**/d.jsonl"}), (Names{"sub/deep/d.jsonl"}));
  EXPECT_EQ(find({"**/deep/**"}), (Names{"sub/deep/d.jsonl", "sub/deep/e.txt"}));
  EXPECT_EQ(find({"sub/**/**"}), (Names{"a.jsonl", "deep/d.jsonl", "deep/e.txt"}));
  EXPECT_EQ(find({"**/.git/*"}), (Names{"sub/.git/x.jsonl"}));
}

TEST_F(Glob, RootsAndPaths) {
  const std::vector<FoundFile> plain = find_files({"sub/deep/d.jsonl"}, folder_);
  ASSERT_EQ(plain.size(), 1U);
  EXPECT_EQ(plain[0].relative, "d.jsonl");
  EXPECT_EQ(plain[0].path, (folder_ / "sub/deep/d.jsonl").string());
  EXPECT_EQ(plain[0].size, 16U);
  EXPECT_GT(plain[0].mtime_ns, i64{1'500'000'000} * 1'000'000'000);
  EXPECT_EQ(find_files({(folder_ / "./sub//*").string()}, "/nowhere").size(), 1U);
  // Only the pattern is a pattern.
  write("odd[1]*/x.jsonl", "");
  EXPECT_EQ(find_files({"*.jsonl"}, folder_ / "odd[1]*").size(), 1U);
}

TEST_F(Glob, LinksFoldersAndRepeats) {
  std::filesystem::create_symlink(folder_ / "c.txt", folder_ / "link.txt");
  std::filesystem::create_symlink(folder_ / "nowhere", folder_ / "dangling.txt");
  std::filesystem::create_directory_symlink(folder_, folder_ / "sub/loop");
  std::filesystem::create_directory(folder_ / "folder.txt");
  EXPECT_EQ(find({"*.txt"}), (Names{"c.txt", "link.txt"}));
  EXPECT_EQ(find({"sub/*/c.txt"}), (Names{"loop/c.txt"}));
  EXPECT_EQ(find({"sub/**/c.txt"}), Names{});
  EXPECT_EQ(find({"sub"}), Names{});
  EXPECT_EQ(find({"*.txt", "c.*", "c.txt", "./c.txt"}), (Names{"c.txt", "link.txt"}));
}

TEST_F(Glob, TwoFilesOfOneNameAreRefused) {
  EXPECT_THROW(find({"sub/*.jsonl", "sub2/*.jsonl"}), ConfigError);
}

TEST_F(Glob, AFolderWithoutPermission) {
  std::filesystem::permissions(folder_, std::filesystem::perms(0755));
  std::filesystem::permissions(folder_ / "sub2", std::filesystem::perms::none);
  {
    const AsNobody nobody;
    for (const char* pattern : {"sub2/*", "**/*.jsonl", "sub2/a.jsonl"}) {
      try {
        find({pattern});
        ADD_FAILURE() << pattern;
      } catch (const DataError& error) {
        EXPECT_NE(std::string(error.what()).find((folder_ / "sub2").string()), std::string::npos);
      }
    }
  }
  std::filesystem::permissions(folder_ / "sub2", std::filesystem::perms::owner_all);
}

TEST(MatchesName, AgainstBacktracking) {
  // The plain recursive definition for stars and question marks.
  const auto slow = [](const auto& self, std::string_view p, std::string_view n) -> bool {
    if (p.empty()) return n.empty();
    if (p[0] == '*')
      return self(self, p.substr(1), n) || (!n.empty() && self(self, p, n.substr(1)));
    return !n.empty() && (p[0] == '?' || p[0] == n[0]) && self(self, p.substr(1), n.substr(1));
  };
  const auto word = [](unsigned code, std::string_view letters) {
    std::string text;
    for (; code > 0; code /= static_cast<unsigned>(letters.size())) {
      text += letters[code % letters.size()];
    }
    return text;
  };
  for (unsigned p = 0; p < 1024; ++p) {
    for (unsigned n = 0; n < 243; ++n) {
      const std::string pattern = word(p, "ab*?");
      const std::string name = word(n, "abc");
      ASSERT_EQ(matches_name(pattern, name), slow(slow, pattern, name)) << pattern << " " << name;
    }
  }
}

}  // namespace
}  // namespace shardmill
