#include "operators/read/json_text.hpp"

namespace shardmill {

void append_json_string(std::string& out, std::string_view text) {
  constexpr std::string_view kMeant = "\"\\\b\f\n\r\t";
  constexpr std::string_view kNames = "\"\\bfnrt";
  out += '"';
  std::size_t done = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte >= 0x20 && byte != '"' && byte != '\\') continue;
    out.append(text.substr(done, i - done));
    done = i + 1;
    out += '\\';
    const std::size_t name = kMeant.find(text[i]);
    if (name != std::string_view::npos) {
      out += kNames[name];
    } else {
      constexpr std::string_view kDigits = "0123456789abcdef";
      out += {'u', '0', '0', kDigits[byte / 16], kDigits[byte % 16]};
    }
  }
  out.append(text.substr(done));
  out += '"';
}

}  // namespace shardmill
