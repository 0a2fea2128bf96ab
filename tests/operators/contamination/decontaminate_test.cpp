#include "operators/contamination/decontaminate.hpp"

#include <gtest/gtest.h>

#include "engine/store/file.hpp"
#include "operators/table/table_rows.hpp"
#include "tests/cluster/temporary_folder.hpp"

namespace shardmill {
namespace {

// Under the name of other benchmarks a later run would find this index.
TEST(Decontaminate, KeepsNoIndexOfBenchmarksThatHaveChanged) {
  const TemporaryFolder folder;
  const std::string path = folder / "quiz.jsonl";
  write_file_atomically(path, "{\"question\": \"Why do cats have whiskers on their cheeks?\"}\n");
  DecontaminateSettings settings;
  settings.benchmarks.step = "decontaminate";
  settings.benchmarks.files = {path};
  settings.benchmarks.source.is_table = true;

  Decontaminate step(settings, {});
  EXPECT_THROW(step.prepare(folder / "artifacts", "the digest of before"), DataError);
  EXPECT_FALSE(std::filesystem::exists(folder / "artifacts"));
  const std::string digest = table_digest({path});
  step.prepare(folder / "artifacts", digest);
  EXPECT_EQ(step.memory_shared(), step.memory_held());
  // The next one needs no benchmark.
  std::filesystem::remove(path);
  Decontaminate next(settings, {});
  next.prepare(folder / "artifacts", digest);
  EXPECT_EQ(next.memory_held(), step.memory_held());
}

}  // namespace
}  // namespace shardmill
