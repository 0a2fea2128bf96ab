#include "jobs/report/markup.hpp"

#include "cluster/types.hpp"

namespace shardmill {
namespace {

constexpr const char* kReplacement = "\xEF\xBF\xBD";

// Bytes of the well-formed UTF-8 sequence that begins here (Unicode 15, table 3-7); 0: none.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<u8>(text[i]) : u8{0};
  };
  const auto trail = [&](std::size_t i, u8 least = 0x80, u8 most = 0xBF) {
    return i < text.size() && byte(i) >= least && byte(i) <= most;
  };
  const u8 lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return trail(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const bool second = trail(1, lead == 0xE0 ? 0xA0 : 0x80, lead == 0xED ? 0x9F : 0xBF);
    return second && trail(2) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const bool second = trail(1, lead == 0xF0 ? 0x90 : 0x80, lead == 0xF4 ? 0x8F : 0xBF);
    return second && trail(2) && trail(3) ? 4 : 0;
  }
  return 0;
}

void append_ascii(std::string& out, char c) {
  const u8 code = static_cast<u8>(c);
  if (c == '&') {
    out += "&amp;";
  } else if (c == '<') {
    out += "&lt;";
  } else if (c == '>') {
    out += "&gt;";
  } else if (c == '"') {
    out += "&quot;";
  } else if (c == '\'') {
    out += "&#39;";
  } else if (code == 0x7F) {
    out += "\xE2\x90\xA1";  // U+2421
  } else if (code < 0x20 && c != '\n' && c != '\t') {
    out += "\xE2\x90";  // U+2400 + code
    out += static_cast<char>(0x80 + code);
  } else {
    out += c;
  }
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = sequence_length(text.substr(at));
    const std::string_view character = text.substr(at, length);
    if (length == 1) {
      append_ascii(out, text[at]);
    } else if (length == 0 || character == "\xEF\xBF\xBE" || character == "\xEF\xBF\xBF") {
      out += kReplacement;
    } else {
      out += character;
    }
    at += length == 0 ? 1 : length;
  }
  return out;
}

std::string json_for_script(std::string_view json) {
  std::string out;
  for (const char c : json) {
    if (c == '<') {
      out += "\\u003c";
    } else if (c == '>') {
      out += "\\u003e";
    } else if (c == '&') {
      out += "\\u0026";
    } else if (static_cast<u8>(c) == 0x7F) {
      out += "\\u007f";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace shardmill
