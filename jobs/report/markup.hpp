// Text that becomes part of an HTML page: never markup, whatever it contains.
#pragma once

#include <string>
#include <string_view>

namespace shardmill {

// For element content and quoted attributes, in HTML and XML alike. Bytes that are not UTF-8 become
// U+FFFD; control characters their pictures (U+2400 and on), tab and newline apart; characters that
// XML forbids U+FFFD.
[[nodiscard]] std::string escaped(std::string_view text);

// JSON for a <script> element: the same JSON without <, > and &.
[[nodiscard]] std::string json_for_script(std::string_view json);

}  // namespace shardmill
