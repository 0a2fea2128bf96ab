// A folder of its own for each test, compressors, and a sink that remembers everything.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "operators/read/reader.hpp"
#include "tests/cluster/temporary_folder.hpp"

namespace shardmill {

struct SeenDocument {
  u64 offset = 0;
  std::string id;
  std::string text;
  std::map<std::string, std::string> fields;
  bool operator==(const SeenDocument&) const = default;
};

struct SeenRejection {
  u64 offset = 0;
  std::string reason;
  bool operator==(const SeenRejection&) const = default;
};

class CollectingSink : public BatchSink {
 public:
  void batch(Batch& batch) override {
    ASSERT_GT(batch.size(), 0U);
    ASSERT_EQ(batch.source.size(), batch.size());
    ASSERT_EQ(batch.id.size(), batch.size());
    ASSERT_EQ(batch.text.size(), batch.size());
    ++batches;
    for (const Field& field : batch.fields) {
      ASSERT_EQ(field.json.size(), batch.size()) << field.name;
      columns[field.name] += 1;
    }
    for (std::size_t row = 0; row < batch.size(); ++row) {
      SeenDocument document{
          batch.key[row].offset(), std::string(batch.id[row]), std::string(batch.text[row]), {}};
      for (const Field& field : batch.fields) {
        if (field.json.has(row)) document.fields[field.name] = std::string(field.json[row]);
      }
      keys.push_back(batch.key[row]);
      documents.push_back(std::move(document));
    }
  }
  void quarantined(const Quarantined& record) override {
    EXPECT_EQ(record.relative, "rel/file");
    rejections.push_back({record.offset, record.reason});
    details.push_back(record.detail);
  }

  std::vector<SeenDocument> documents;
  std::vector<DocKey> keys;
  std::vector<SeenRejection> rejections;
  std::vector<std::string> details;
  std::map<std::string, int> columns;  // name -> batches that had it
  int batches = 0;
};

class ReadTest : public ::testing::Test {
 protected:
  ReadTest() { source.name = "web"; }

  std::string write(const std::string& name, const std::string& bytes) {
    const std::filesystem::path path = folder_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << bytes;
    return path.string();
  }
  ReadCounts read_path(const std::string& path, BatchSink& sink, u64 begin = 0,
                       u64 end = UINT64_MAX) {
    return read_part({path, "rel/file", 7, 5, begin, end}, source, sink);
  }
  // Writes the bytes to a file and reads them.
  CollectingSink read(const std::string& bytes, const std::string& name = "input.jsonl") {
    CollectingSink sink;
    counts = read_path(write(name, bytes), sink);
    EXPECT_EQ(counts.records, sink.documents.size());
    EXPECT_EQ(counts.quarantined, sink.rejections.size());
    return sink;
  }
  // The message of the DataError that reading throws; fails when it throws none.
  std::string error_of(const std::string& bytes, const std::string& name) {
    CollectingSink sink;
    try {
      read_path(write(name, bytes), sink);
    } catch (const DataError& error) {
      return error.what();
    }
    ADD_FAILURE() << name << " of " << bytes.size() << " bytes was read without an error";
    return "";
  }

  TemporaryFolder temporary_;
  std::filesystem::path folder_ = temporary_.path();
  SourceSettings source;
  ReadCounts counts;
};

// One member or frame (compressors_test.cpp). Level 0 of gzip stores.
std::string gzip(const std::string& bytes, int level = 6);
std::string zstd(const std::string& bytes, int window_log = 0);

// Runs as an ordinary user as long as it lives: root may read everything.
class AsNobody {
 public:
  AsNobody();
  ~AsNobody();

 private:
  bool was_root_;
};

}  // namespace shardmill
