// What the read pass found, over all fragments: columns, counts, and what could not be read.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "jobs/run/read_pass.hpp"

namespace shardmill {

struct SourceCounts {
  u64 documents = 0;
  u64 made_ids = 0;  // documents that came without an id
  u64 quarantined = 0;
  u64 failed_files = 0;
  std::string first_problem =
      {};  // "path: offset 17: invalid_json: …" of the smallest DocKey; or empty
  std::string first_failure = {};  // of the failed file with the smallest ordinal; or empty
};

struct InputSummary {
  std::vector<SourceCounts> sources;               // by position in the job; of live file versions
  std::map<u32, std::map<std::string, u64>> seen;  // epoch -> column -> SeenKind bits
  // Of documents that are there now. The catalogue, and `seen`, know those of files that are gone,
  // too; and a fragment's are told as a whole.
  std::set<std::string> columns = {"id", "source", "text"};
  // Column of vectors -> numbers in each of them, and a file that has such.
  std::map<std::string, std::pair<u64, std::string>> dimensions;
  std::string two_lengths;  // what is wrong when vectors of a column differ in length, or empty
  std::set<u64> failed;     // ordinals of live files that could not be read
  std::map<u64, std::string> failures;  // why; on rank 0 only
};

// Reads the info of every fragment, in order, and writes one JSON line per quarantined record of a
// live file ({"path", "source", "offset", "reason", "detail"}) to `quarantine`. A file that could
// not be read, be it in one of its ranges only, counts as failed and gives nothing else. Rank 0
// only.
[[nodiscard]] InputSummary summarise_input(const ReadPlan& plan,
                                           const std::filesystem::path& quarantine);

// Throws DataError naming the source, the share, and the first file, offset and reason when a
// source has more failed files or unreadable records than `tolerate` allows, and for vectors of two
// lengths in one column.
void judge_input(const Job& job, const InputSummary& summary);
// Of all documents: throws DataError when a source names a field for ids and no record has one.
void check_ids(const Job& job, const InputSummary& summary);

// Decides the columns of every epoch, since the job may read others now. Where a file of it is gone
// or failed, columns that are known stay as long as what was read fits them. Returns whether
// anything changed.
bool decide_schemas(const InputSummary& summary, Catalog& catalog);

}  // namespace shardmill
