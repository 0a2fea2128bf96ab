// Values as JSON, for readers that hand records of other formats to the parser of JSON lines.
#pragma once

#include <string>
#include <string_view>

namespace shardmill {

// Appends `text` in quotes. Bytes that are not UTF-8 stay, for the parser to find.
void append_json_string(std::string& out, std::string_view text);

}  // namespace shardmill
