// The command `tokenize`: JSON lines on stdin, token ids on stdout, and back.
#pragma once

#include "jobs/command/arguments.hpp"

namespace shardmill {

// {"text", "id"?, …} becomes {"id"?, "ids"}; with --decode {"ids", "id"?, …} becomes {"id"?,
// "text"}, where what is no UTF-8 is U+FFFD as in json_string. An id is a string or number
// and stays. Blank lines are left out. DataError with line and offset for a line that is none of
// these; what comes before it is printed. ConfigError for options that do not go together.
int tokenize_lines(const Arguments& arguments);

}  // namespace shardmill
