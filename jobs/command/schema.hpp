// The command `schema`: what an editor needs to complete and check a job file.
#pragma once

#include <string>

namespace shardmill {

// The JSON Schema (draft 2020-12) of job files, made from the same declarations that check them.
// It accepts every job file that the program accepts; checks over several values are the program's.
[[nodiscard]] std::string job_schema();

}  // namespace shardmill
