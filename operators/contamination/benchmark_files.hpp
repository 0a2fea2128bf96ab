// Benchmark files: what is read from each row, and under which name.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "operators/contamination/item_index.hpp"
#include "operators/read/source.hpp"

namespace shardmill {

struct BenchmarkFiles {
  std::string step;                // label, for messages
  std::vector<std::string> files;  // names and patterns, absolute
  SourceSettings source;           // is_table
  std::string question;            // field; empty: `question`, and `text` where a row has none
  std::string answer;              // field; empty: `answer`; only texts, numbers, truth values
  std::string passage;             // field; empty: `passage`, and `context` where a row has none
  std::string id;                  // field; a row without it has its number in the file, from 1
};

// Calls f with all rows of all files, in the order of the files' names. A file's benchmark is its
// name up to the first dot. A row without a question has an empty text. Throws DataError with file
// and offset for a row that cannot be read or whose question is no text, for a file without any
// question, for a field that is named here and that no item of any file has, and when no file is
// there.
void for_each_item(const BenchmarkFiles& benchmarks, const std::function<void(BenchmarkItem&&)>& f);

}  // namespace shardmill
