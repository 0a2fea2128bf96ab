#include "engine/store/file.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/cluster/temporary_folder.hpp"
#include "tests/engine/store/full_disk.hpp"

namespace shardmill {
namespace {

namespace fs = std::filesystem;

template <typename Kind, typename Action>
std::string message_of(Action action) {
  try {
    action();
  } catch (const Kind& error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST(File, ReadsWhatItWrote) {
  const TemporaryFolder folder;
  File file = File::create(folder / "f");
  file.append("hello ");
  file.append("world");
  file.write_at(0, "J");
  EXPECT_EQ(file.size(), 11u);
  std::string piece(5, '\0');
  file.read_exactly(6, piece);
  EXPECT_EQ(piece, "world");
  std::string long_piece(100, 'x');
  EXPECT_EQ(file.read_at(6, long_piece), 5u);
  file.close();
  EXPECT_EQ(read_whole_file(folder / "f"), "Jello world");
}

TEST(File, SaysWhichFileIsMissingOrShort) {
  const TemporaryFolder folder;
  EXPECT_NE(message_of<DataError>([&] { File::open_read(folder / "none"); }).find("none"),
            std::string::npos);
  write_file_atomically(folder / "short", "abc");
  const std::string message = message_of<DataError>([&] {
    std::string ten(10, '\0');
    File::open_read(folder / "short").read_exactly(1, ten);
  });
  EXPECT_NE(message.find("short: offset 1: expected 10 bytes"), std::string::npos) << message;
  EXPECT_NE(message.find("after 2"), std::string::npos) << message;
}

TEST(File, ReadsFilesWithoutASize) {
  EXPECT_NE(read_whole_file("/proc/self/status").find("Pid:"), std::string::npos);
}

TEST(CommittedFile, AppearsOnlyAtCommit) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "f", "old");
  {
    CommittedFile file(folder / "f");
    file.write(std::string(3 << 20, 'n'));
    EXPECT_EQ(read_whole_file(folder / "f"), "old");
    EXPECT_EQ(file.size(), u64{3} << 20);
    file.commit();
  }
  EXPECT_EQ(read_whole_file(folder / "f"), std::string(3 << 20, 'n'));
  EXPECT_EQ(folder.names(), std::vector<std::string>{"f"});
}

TEST(CommittedFile, LeavesNothingWithoutCommit) {
  const TemporaryFolder folder;
  { CommittedFile(folder / "f").write("x"); }
  EXPECT_TRUE(folder.names().empty());
}

TEST(CommittedFile, TwoAtOnceDoNotMeet) {
  const TemporaryFolder folder;
  CommittedFile one(folder / "f");
  CommittedFile two(folder / "f");
  one.write("1");
  two.write("2");
  two.commit();
  EXPECT_EQ(read_whole_file(folder / "f"), "2");
  one.commit();
  EXPECT_EQ(read_whole_file(folder / "f"), "1");
}

TEST(CommittedFile, AKilledWriterLeavesTheOldBytes) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "f", "old");
  const pid_t child = ::fork();
  if (child == 0) {
    CommittedFile file(folder / "f");
    file.write(std::string(1 << 20, 'n'));
    ::kill(::getpid(), SIGKILL);
  }
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ(read_whole_file(folder / "f"), "old");
  for (const std::string& name : folder.names()) {
    EXPECT_TRUE(name == "f" || name.starts_with(".f.tmp-")) << name;
  }
}

TEST(CommittedFile, AFullDiskNamesPathAndBytes) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "f", "old");
  const std::string message = message_of<ResourceError>([&] {
    const FullDisk full(100'000);
    write_file_atomically(folder / "f", std::string(1 << 20, 'n'));
  });
  EXPECT_NE(message.find("/f: "), std::string::npos) << message;
  EXPECT_EQ(message.find(".tmp-"), std::string::npos) << message;
  EXPECT_NE(message.find("1048576 bytes at offset 0 (100000 written)"), std::string::npos)
      << message;
  EXPECT_EQ(read_whole_file(folder / "f"), "old");
  EXPECT_EQ(folder.names(), std::vector<std::string>{"f"});
}

TEST(CommittedFile, AFolderThatIsNotThereIsNamed) {
  const TemporaryFolder folder;
  EXPECT_NE(message_of<ResourceError>([&] {
              write_file_atomically(folder / "no" / "f", "x");
            }).find("/no/"),
            std::string::npos);
}

TEST(HardLink, SharesOrReplaces) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "a", "A");
  write_file_atomically(folder / "b", "B");
  hard_link_or_copy(folder / "a", folder / "b");
  hard_link_or_copy(folder / "a", folder / "b");
  EXPECT_EQ(fs::hard_link_count(folder / "a"), 2u);
  EXPECT_EQ(read_whole_file(folder / "b"), "A");
  EXPECT_THROW(hard_link_or_copy(folder / "none", folder / "c"), DataError);
}

TEST(HardLink, CopiesAcrossFileSystems) {
  const TemporaryFolder folder;
  const fs::path elsewhere = "/dev/shm/shardmill-" + std::to_string(::getpid());
  if (!fs::exists("/dev/shm") || ::access("/dev/shm", W_OK) != 0) {
    GTEST_SKIP() << "no /dev/shm to copy to";
  }
  write_file_atomically(folder / "a", std::string(600'000, 'a'));
  hard_link_or_copy(folder / "a", elsewhere);
  EXPECT_EQ(read_whole_file(elsewhere), std::string(600'000, 'a'));
  fs::remove(elsewhere);
}

}  // namespace
}  // namespace shardmill
