// The command `report`: the report of a published snapshot.
#pragma once

#include "jobs/command/arguments.hpp"

namespace shardmill {

// Prints report.txt, or with --json the numbers in report.html, of the snapshot that DIR means
// (jobs/command/dataset.hpp), or of DIR itself when a dry run left its report there. `--to FILE`
// instead of stdout. Returns the exit code; DataError when there is no report.
int show_report(const Arguments& arguments);

}  // namespace shardmill
