// Programs whose stdout is JSON lines.
#include <chrono>
#include <thread>

#include "operators/read/byte_stream.hpp"
#include "tests/operators/read/read_fixture.hpp"

namespace shardmill {
namespace {

class CommandRead : public ReadTest {
 protected:
  CommandRead() { source.format = Format::command; }
  // The path comes behind: in the script it is $1.
  void shell(const std::string& script) { source.command = {"sh", "-c", script, "sh"}; }
  // A zombie that waits for its new parent counts as dead.
  static bool alive(const std::string& process) {
    std::ifstream status("/proc/" + process + "/stat");
    std::string line;
    std::getline(status, line);
    return !line.empty() && line.find(") Z") == std::string::npos;
  }
};

TEST_F(CommandRead, LinesOfAProgram) {
  source.command = {"cat"};
  const CollectingSink sink = read("{\"text\":\"a\"}\nbroken\n{\"text\":\"b\"}");
  ASSERT_EQ(sink.documents.size(), 2U);
  EXPECT_EQ(sink.documents[1].offset, 20U);
  EXPECT_EQ(sink.rejections, (std::vector<SeenRejection>{{13, "invalid_json"}}));
  EXPECT_EQ(counts.raw_bytes, 32U);
  EXPECT_FALSE(splittable(source, (folder_ / "input.jsonl").string()));
}

TEST_F(CommandRead, ArgumentsAreNotSplitAndStdinIsEmpty) {
  shell("cat; printf '{\"text\":\"%s\"}' \"$1\"");
  CollectingSink sink;
  read_path("s3://a b/$HOME;*", sink);
  ASSERT_EQ(sink.documents.size(), 1U);
  EXPECT_EQ(sink.documents[0].text, "s3://a b/$HOME;*");
}

TEST_F(CommandRead, MuchOutputOnBothPipes) {
  shell(
      "i=0; while [ $i -lt 3000 ]; do echo '{\"text\":\"'$i'\"}'; "
      "printf '%0100d\\n' $i >&2; i=$((i+1)); done");
  EXPECT_EQ(read("x").documents.size(), 3000U);
}

TEST_F(CommandRead, FailuresAreOfTheFile) {
  shell("echo '{\"text\":\"a\"}'; seq 100000 >&2; echo 'the cause' >&2; exit 3");
  std::string message = error_of("x", "input.parquet");
  EXPECT_NE(message.find("input.parquet"), std::string::npos);
  EXPECT_NE(message.find("exit status 3"), std::string::npos) << message;
  EXPECT_NE(message.find("the cause"), std::string::npos) << message;
  EXPECT_LT(message.size(), 2048U + 500U);

  shell("kill -SEGV $$");
  message = error_of("x", "x");
  EXPECT_NE(message.find("signal 11"), std::string::npos) << message;

  source.command = {"/no/such/program"};
  message = error_of("x", "x");
  EXPECT_NE(message.find("No such file"), std::string::npos) << message;
}

TEST_F(CommandRead, SilenceIsAFailure) {
  const std::string pid_file = (folder_ / "pid").string();
  shell("echo $$ > " + pid_file + "; echo '{\"text\":\"a\"}'; sleep 1000; true");
  const auto stream = run_command(source.command, "x", std::chrono::milliseconds(300));
  const auto drain = [](ByteStream& from) {
    std::vector<char> chunk(100);
    while (from.read(chunk) > 0) {
    }
  };
  EXPECT_THROW(drain(*stream), DataError);
  // A program that closes its stdout and goes on in silence, too.
  shell("exec >&-; sleep 1000; true");
  EXPECT_THROW(drain(*run_command(source.command, "x", std::chrono::milliseconds(300))), DataError);
  // Words on stderr are a sign of life.
  shell("for i in 1 2 3 4 5 6 7 8; do sleep 0.1; echo . >&2; done");
  EXPECT_NO_THROW(drain(*run_command(source.command, "x", std::chrono::milliseconds(500))));
}

TEST_F(CommandRead, AThrowingSinkLeavesNoProgramBehind) {
  struct Throwing : CollectingSink {
    void quarantined(const Quarantined&) override { throw DataError("enough"); }
  } sink;
  const std::string pid_file = (folder_ / "pid").string();
  // The inner shell is a process that the program has started.
  shell("sh -c 'echo $$ > " + pid_file + "; echo junk; sleep 1000'; true");
  EXPECT_THROW(read_path("x", sink), DataError);
  std::ifstream file(pid_file);
  std::string process;
  ASSERT_TRUE(file >> process);
  for (int i = 0; i < 100 && alive(process); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_FALSE(alive(process));
}

}  // namespace
}  // namespace shardmill
