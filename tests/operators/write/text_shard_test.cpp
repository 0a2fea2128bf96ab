#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

#include "engine/store/file.hpp"
#include "engine/store/sha256.hpp"
#include "operators/write/text_shard_reader.hpp"
#include "operators/write/text_shard_writer.hpp"
#include "tests/cluster/temporary_folder.hpp"
#include "tests/engine/store/full_disk.hpp"
#include "tests/operators/write/random_shard.hpp"
#include "tests/tests_folder.hpp"

namespace shardmill {
namespace {

namespace fs = std::filesystem;
using Row = std::vector<std::optional<std::string_view>>;

const Schema kSchema{{"id", Type::utf8}, {"source", Type::utf8}, {"text", Type::utf8}};

TEST(TextShard, GivesBackEveryDocument) {
  const TemporaryFolder folder;
  for (u64 seed = 0; seed < 25; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const RandomShard shard(seed);
    const ShardInfo info = shard.write(folder / "s.h5", "train");
    EXPECT_EQ(info.documents, shard.rows.size());
    EXPECT_EQ(info.bytes, fs::file_size(folder / "s.h5"));
    EXPECT_EQ(info.sha256, sha256_of_file(folder / "s.h5"));
    const TextShardReader reader(folder / "s.h5");
    reader.verify();
    EXPECT_EQ(reader.schema(), shard.schema);
    EXPECT_EQ(reader.split(), "train");
    EXPECT_EQ(reader.format(), kTextFormat);
    EXPECT_EQ(reader.logical_digest(), info.logical_digest);
    ASSERT_EQ(reader.n_documents(), shard.rows.size());
    ShardRows rows;
    NumberBytes number;
    for (u64 first = 0; first < shard.rows.size();) {
      const u64 next = reader.read(first, shard.rows.size(), rows, seed * 1000);
      ASSERT_EQ(rows.size(), next - first);
      for (u64 row = first; row < next; ++row) {
        for (std::size_t c = 0; c < shard.schema.size(); ++c) {
          const auto& wanted = shard.rows[row][c];
          const auto value = rows.value(c, row - first);
          ASSERT_EQ(value.has_value(), wanted.has_value());
          if (wanted) {
            EXPECT_EQ(*value, value_bytes(shard.schema[c].type, *wanted, number));
          }
        }
      }
      first = next;
    }
  }
}

TEST(TextShard, ReadsInBoundedMemory) {
  const TemporaryFolder folder;
  TextShardWriter writer(folder / "s.h5", kSchema, {1000, {0, 0, 1'000'000}}, "train");
  for (int i = 0; i < 1000; ++i) writer.add(Row{"", "", std::string(1000, 'x')});
  writer.close();
  const TextShardReader reader(folder / "s.h5");
  ShardRows rows;
  EXPECT_EQ(reader.read(0, 1000, rows, 10'300), 10u);  // 1000 bytes and three offsets each
  EXPECT_EQ(reader.read(5, 1000, rows, 1), 6u);
  EXPECT_EQ(reader.read(5, 7, rows, 1 << 20), 7u);
  EXPECT_EQ(reader.read(7, 7, rows), 7u);
  EXPECT_EQ(rows.size(), 0u);
  EXPECT_THROW((void)reader.read(7, 1001, rows), InternalError);
}

TEST(TextShard, SameDocumentsSameBytes) {
  const TemporaryFolder folder;
  for (u64 seed = 0; seed < 10; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const RandomShard shard(seed);
    const ShardInfo one = shard.write(folder / "one.h5", "validation");
    const ShardInfo two = shard.write(folder / "two.h5", "validation", 1);  // tiny buffers
    EXPECT_EQ(one.sha256, two.sha256);
    EXPECT_EQ(one.logical_digest, two.logical_digest);
    const ShardInfo other = shard.write(folder / "other.h5", "test");
    EXPECT_NE(one.sha256, other.sha256);
    EXPECT_EQ(one.logical_digest, other.logical_digest);
  }
}

TEST(TextShard, H5pyReadsTheSameAndRecomputesTheDigest) {
  if (std::system("/usr/bin/python3 -c 'import h5py' 2> /dev/null") != 0) {
    GTEST_SKIP() << "python3-h5py is not installed";
  }
  const TemporaryFolder folder;
  const fs::path script = tests_folder() / "operators/write/read_shard.py";
  for (u64 seed = 0; seed < 12; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const RandomShard shard(seed);
    const ShardInfo info = shard.write(folder / "s.h5", "träin");
    write_file_atomically(folder / "expected", shard.expected());
    const std::string command = "/usr/bin/python3 " + script.string() + " " +
                                (folder / "s.h5").string() + " " + (folder / "expected").string() +
                                " träin 2>&1";
    FILE* pipe = ::popen(command.c_str(), "r");
    ASSERT_NE(pipe, nullptr);
    std::string said;
    for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) said += static_cast<char>(c);
    EXPECT_EQ(::pclose(pipe), 0);
    EXPECT_EQ(said, "ok " + info.logical_digest + "\n");
  }
}

TEST(TextShard, ManyColumnsAndNoDocuments) {
  const TemporaryFolder folder;
  Schema schema = kSchema;
  for (int i = 0; i < 300; ++i)
    schema.push_back({"c" + std::to_string(i), static_cast<Type>(i % 6), i % 6 == 5 ? 7U : 0U});
  std::sort(schema.begin(), schema.end());
  TextShardWriter writer(folder / "s.h5", schema, {0, std::vector<u64>(schema.size())}, "");
  writer.close();
  const TextShardReader reader(folder / "s.h5");
  reader.verify();
  EXPECT_EQ(reader.schema(), schema);
  EXPECT_EQ(reader.split(), "");
}

TEST(TextShard, SideTablesAreTheSameFormat) {
  const TemporaryFolder folder;
  const Schema ledger{{"fate", Type::utf8}, {"id", Type::utf8}, {"key", Type::int64}};
  TextShardWriter writer(folder / "s.h5", ledger, {1, {4, 1, 0}}, "", kLedgerFormat);
  writer.add(Row{"kept", "a", "77"});
  writer.close();
  const TextShardReader reader(folder / "s.h5");
  reader.verify();
  EXPECT_EQ(reader.format(), "shardmill.ledger");
  EXPECT_EQ(reader.column("key"), 2u);
  EXPECT_THROW((void)reader.column("text"), DataError);
  EXPECT_THROW(TextShardWriter(folder / "t.h5", ledger, {1, {4, 1, 0}}, ""), InternalError);
}

TEST(TextShard, WrongTotalsAreOurBugAndLeaveNothing) {
  const TemporaryFolder folder;
  const auto write = [&](const ShardTotals& totals) {
    TextShardWriter writer(folder / "s.h5", kSchema, totals, "train");
    writer.add(Row{"a", "b", "text"});
    writer.close();
  };
  EXPECT_THROW(write({2, {1, 1, 4}}), InternalError);
  EXPECT_THROW(write({0, {1, 1, 4}}), InternalError);
  EXPECT_THROW(write({1, {1, 1, 3}}), InternalError);
  EXPECT_THROW(write({1, {1, 1, 5}}), InternalError);
  EXPECT_THROW(write({1, {1, 1}}), InternalError);
  EXPECT_TRUE(folder.names().empty());
  EXPECT_NO_THROW(write({1, {1, 1, 4}}));
  EXPECT_EQ(folder.names(), std::vector<std::string>{"s.h5"});
}

TEST(TextShard, AKilledWriterLeavesNoH5) {
  const TemporaryFolder folder;
  const pid_t child = ::fork();
  if (child == 0) {
    TextShardWriter writer(folder / "s.h5", kSchema, {2, {2, 2, 8}}, "train");
    writer.add(Row{"a", "b", "text"});
    ::kill(::getpid(), SIGKILL);
  }
  ::waitpid(child, nullptr, 0);
  for (const std::string& name : folder.names()) EXPECT_FALSE(name.ends_with(".h5")) << name;
}

// In a process of its own: what HDF5 still holds then meets the full disk again at exit.
[[noreturn]] void write_to_a_full_disk(const fs::path& path, u64 limit) {
  int code = 1;
  try {
    const FullDisk full(limit);
    TextShardWriter writer(path, kSchema, {1, {1, 1, 10'000'000}}, "train");
    writer.add(Row{"a", "b", std::string(10'000'000, 'x')});
    writer.close();
  } catch (const ResourceError& error) {
    std::fprintf(stderr, "[%s]\n", error.what());
    code = 9;
  }
  std::exit(code);
}

TEST(TextShardDeathTest, AFullDiskIsOneClearMessage) {
  const TemporaryFolder folder;
  for (const u64 limit : {100u, 3000u, 1'000'000u, 10'000'000u}) {
    EXPECT_EXIT(write_to_a_full_disk(folder / "s.h5", limit), testing::ExitedWithCode(9), "s.h5");
    EXPECT_FALSE(fs::exists(folder / "s.h5")) << limit;
  }
}

std::string failure_of(const fs::path& path) {
  try {
    TextShardReader(path).verify();
  } catch (const DataError& error) {
    EXPECT_TRUE(std::string(error.what()).starts_with(path.string())) << error.what();
    return error.what();
  }
  return "";
}

TEST(TextShardVerify, FindsTruncationForeignFilesAndChangedText) {
  const TemporaryFolder folder;
  TextShardWriter writer(folder / "s.h5", kSchema, {2, {2, 2, 13}}, "train");
  writer.add(Row{"a", "s", "needle"});
  writer.add(Row{"b", "s", "another"});
  writer.close();
  const std::string whole = read_whole_file(folder / "s.h5");
  EXPECT_EQ(failure_of(folder / "s.h5"), "");
  for (std::size_t size = 0; size < whole.size(); size += 97) {
    write_file_atomically(folder / "cut", whole.substr(0, size));
    EXPECT_NE(failure_of(folder / "cut"), "") << "cut to " << size;
  }
  write_file_atomically(folder / "foreign", std::string(5000, 'f'));
  EXPECT_NE(failure_of(folder / "foreign"), "");
  EXPECT_NE(failure_of(folder / "none"), "");
  std::string changed = whole;
  changed[changed.find("needle")] = 'N';
  write_file_atomically(folder / "changed", changed);
  EXPECT_NE(failure_of(folder / "changed").find("logical digest"), std::string::npos);
}

// A shard of one text column, made by hand with these offsets.
void write_by_hand(const fs::path& path, const std::vector<u64>& offsets, const std::string& bytes,
                   std::vector<u8> valid = {}) {
  Hdf5Object file = Hdf5Object::create_file(path);
  {
    file.create_text("format", "shardmill.text");
    file.create_number("format_version", 1);
    file.create_text("logical_digest", std::string(64, '0'));
    file.create_number("n_documents", 2);
    file.create_text("split", "train");
    const Hdf5Object group = file.create_group("columns").create_group("text");
    group.create_text("type", "utf8");
    group.create_dataset("bytes", Hdf5Element::u8_, bytes.size())
        .write(Hdf5Element::u8_, 0, bytes.size(), bytes.data());
    group.create_dataset("offsets", Hdf5Element::u64_, offsets.size())
        .write(Hdf5Element::u64_, 0, offsets.size(), offsets.data());
    if (!valid.empty()) {
      group.create_dataset("valid", Hdf5Element::u8_, valid.size())
          .write(Hdf5Element::u8_, 0, valid.size(), valid.data());
    }
  }
  file.close();
}

TEST(TextShardVerify, NamesThePlaceOfWrongOffsets) {
  const TemporaryFolder folder;
  const fs::path path = folder / "s.h5";
  const auto failure = [&](const std::vector<u64>& offsets, std::vector<u8> valid = {}) {
    write_by_hand(path, offsets, "abcd", std::move(valid));
    return failure_of(path);
  };
  EXPECT_NE(failure({0, 2, 4}).find("logical digest"), std::string::npos);
  EXPECT_NE(failure({0, 5, 4}).find("/columns/text/offsets: element 1 is 5"), std::string::npos);
  EXPECT_NE(failure({0, 2, 1}).find("goes from 0 to 1"), std::string::npos);
  EXPECT_NE(failure({1, 2, 4}).find("goes from 1 to 4"), std::string::npos);
  EXPECT_NE(failure({0, 2, 3, 4}).find("has 4 elements, expected 3"), std::string::npos);
  EXPECT_NE(failure({0, ~u64{0}, 4}).find("element 1 is"), std::string::npos);
  EXPECT_NE(failure({0, 2, 4}, {1, 0}).find("document 1: is absent but"), std::string::npos);
  EXPECT_NE(failure({0, 4, 4}, {1, 2}).find("document 1: a flag"), std::string::npos);
}

}  // namespace
}  // namespace shardmill
