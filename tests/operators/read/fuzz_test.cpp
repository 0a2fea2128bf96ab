// Random input: every line is a document or has a reason, and cuts change nothing.
#include <sys/resource.h>

#include <algorithm>
#include <random>

#include "tests/operators/read/read_fixture.hpp"

namespace shardmill {
namespace {

using Random = std::mt19937_64;

u64 below(Random& random, u64 limit) { return random() % limit; }

std::string random_line(Random& random) {
  static const std::vector<std::string> kPieces = {
      "{",     "}",     "[",   "]",    ":", ",",    "\"",     "\\",  "\"text\":", "\"id\":",
      "\"a\"", "\"b\"", "1",   "-1e9", " ", "\t",   "\r",     "nul", "true",      "\xff",
      "\xc3",  "\xa9",  "\\u", "d800", "é", "\\\"", "\"n\":", "{}",  "[]",        "\xef\xbb\xbf"};
  std::string line;
  if (below(random, 10) == 0) return line;
  if (below(random, 2) == 0) line = "{\"text\":\"a\",\"n\":1}";
  for (u64 n = below(random, 12); n > 0; --n) {
    const std::string& piece = kPieces[below(random, kPieces.size())];
    line.insert(below(random, line.size() + 1), piece);
  }
  return line;
}

std::string random_file(Random& random, u64 lines) {
  std::string bytes = below(random, 4) == 0 ? "\xef\xbb\xbf" : "";
  for (u64 n = below(random, lines); n > 0; --n) bytes += random_line(random) + "\n";
  if (!bytes.empty() && below(random, 2) == 0) bytes.pop_back();
  return bytes;
}

u64 lines_that_are_not_blank(std::string_view bytes) {
  if (bytes.starts_with("\xef\xbb\xbf")) bytes.remove_prefix(3);
  u64 count = 0;
  bool blank = true;
  for (const char c : bytes) {
    if (c == '\n') {
      count += blank ? 0 : 1;
      blank = true;
    } else if (c != ' ' && c != '\t' && c != '\r') {
      blank = false;
    }
  }
  return count + (blank ? 0 : 1);
}

class ReadFuzz : public ReadTest {};

TEST_F(ReadFuzz, EveryLineIsADocumentOrHasAReason) {
  Random random(20261122);
  u64 documents = 0;
  u64 rejected = 0;
  for (int round = 0; round < 500; ++round) {
    source.max_record = below(random, 3) == 0 ? 24 : 1'000'000;
    const std::string bytes = random_file(random, 100);
    const CollectingSink sink = read(bytes);
    ASSERT_EQ(counts.records + counts.quarantined, lines_that_are_not_blank(bytes)) << bytes;
    ASSERT_EQ(counts.decoded_bytes, bytes.size());
    documents += counts.records;
    rejected += counts.quarantined;
  }
  EXPECT_GT(documents, 1000U);
  EXPECT_GT(rejected, 1000U);
}

TEST_F(ReadFuzz, BytesOfAnyValue) {
  Random random(7);
  for (int round = 0; round < 300; ++round) {
    std::string bytes(below(random, 3000), '\0');
    for (char& c : bytes) c = static_cast<char>(below(random, 256));
    if (bytes.starts_with("\x1f\x8b") || bytes.starts_with("\x28\xb5\x2f\xfd")) continue;
    read(bytes);
    ASSERT_EQ(counts.records + counts.quarantined, lines_that_are_not_blank(bytes));
  }
}

TEST_F(ReadFuzz, PartsTogetherAreTheWhole) {
  Random random(42);
  for (int round = 0; round < 300; ++round) {
    source.max_record = below(random, 3) == 0 ? 24 : 1'000'000;
    const std::string bytes = random_file(random, 40);
    const CollectingSink whole = read(bytes);
    const std::string path = write("input.jsonl", bytes);
    ASSERT_TRUE(splittable(source, path));
    std::vector<u64> cuts = {0, bytes.size()};
    for (u64 n = below(random, 12); n > 0; --n) cuts.push_back(below(random, bytes.size() + 1));
    std::sort(cuts.begin(), cuts.end());
    CollectingSink parts;
    ReadCounts sum;
    for (std::size_t i = 0; i + 1 < cuts.size(); ++i) {
      const ReadCounts part = read_path(path, parts, cuts[i], cuts[i + 1]);
      sum.decoded_bytes += part.decoded_bytes;
      sum.raw_bytes += part.raw_bytes;
    }
    ASSERT_EQ(parts.documents, whole.documents) << bytes;
    ASSERT_EQ(parts.rejections, whole.rejections);
    ASSERT_EQ(sum.decoded_bytes, bytes.size());
    ASSERT_EQ(sum.raw_bytes, bytes.size());
  }
}

TEST_F(ReadFuzz, EveryCutOfASmallFile) {
  const std::string bytes =
      "\xef\xbb\xbf{\"text\":\"a\"}\n\n{\"text\":\"bc\"}\n \n{\"text\":\"d\"}";
  const CollectingSink whole = read(bytes);
  const std::string path = write("input.jsonl", bytes);
  for (u64 cut = 0; cut <= bytes.size(); ++cut) {
    CollectingSink parts;
    read_path(path, parts, 0, cut);
    read_path(path, parts, cut, UINT64_MAX);
    EXPECT_EQ(parts.documents, whole.documents) << cut;
  }
}

TEST_F(ReadFuzz, TooLongRecordsTakeNoMemory) {
  source.max_record = u64{1} << 20;
  const std::string line = "{\"text\":\"a\"}\n";
  std::string bytes = line + std::string(std::size_t{192} << 20, 'x') + "\n" + line;
  const std::string path = write("long.jsonl", bytes);
  const std::string packed = write("long.jsonl.zst", zstd(bytes));
  bytes = std::string();
  // A process of its own: the peak of this one is already high.
  for (const std::string& input : {path, packed}) {
    const auto child = [&] {
      rusage before{};
      rusage after{};
      getrusage(RUSAGE_SELF, &before);
      CollectingSink sink;
      read_path(input, sink);
      getrusage(RUSAGE_SELF, &after);
      const bool right = sink.documents.size() == 2 && sink.rejections.size() == 1 &&
                         sink.rejections[0] == SeenRejection{line.size(), "too_long"};
      constexpr long kLimitKiB = 48 * 1024;
      std::exit(!right ? 2 : after.ru_maxrss - before.ru_maxrss > kLimitKiB ? 1 : 0);
    };
    ::testing::GTEST_FLAG(death_test_style) = "fast";
    EXPECT_EXIT(child(), ::testing::ExitedWithCode(0), "") << input;
  }
}

}  // namespace
}  // namespace shardmill
