// catalog.json: one line per file version, so that people can read it and `diff` two of them.
#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "engine/store/catalog.hpp"
#include "engine/store/file.hpp"
#include "engine/store/logical_digest.hpp"

namespace shardmill {
namespace {

using Json = nlohmann::json;

constexpr u32 kFormatVersion = 1;

// JSON holds UTF-8 only, file names hold any bytes: the others are kept in hexadecimal.
bool is_utf8(const std::string& text) {
  const std::string kept = Json(text).dump(-1, ' ', false, Json::error_handler_t::ignore);
  return Json::parse(kept).get_ref<const std::string&>() == text;
}

std::string to_hex(const std::string& bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text += kDigits[static_cast<u8>(c) >> 4];
    text += kDigits[static_cast<u8>(c) & 15];
  }
  return text;
}

template <typename Number>
Number number_of(std::string_view digits, int base, const char* what) {
  Number number{};
  const char* end = digits.data() + digits.size();
  const auto [stopped, error] = std::from_chars(digits.data(), end, number, base);
  if (error != std::errc{} || stopped != end) {
    throw DataError("'" + std::string(digits) + "' is no " + what);
  }
  return number;
}

std::string from_hex(std::string_view text) {
  if (text.size() % 2 != 0) throw DataError("an odd number of hexadecimal digits");
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    bytes += static_cast<char>(number_of<u8>(text.substr(i, 2), 16, "byte in hexadecimal"));
  }
  return bytes;
}

}  // namespace

std::string utf8_or_escaped(const std::string& text) {
  if (is_utf8(text)) return text;
  std::string escaped;
  for (const char byte : text) {
    const bool ascii = static_cast<unsigned char>(byte) < 0x80;
    escaped += ascii ? std::string(1, byte) : "\\x" + to_hex(std::string(1, byte));
  }
  return escaped;
}

namespace {

Json json_of(const FileVersion& file) {
  Json json = {{"ordinal", file.ordinal},
               {"epoch", file.epoch},
               {"source", file.source},
               {"size", file.size},
               {"mtime_ns", file.mtime_ns},
               {"digest", file.digest},
               {"first_mtime_ns", file.first_mtime_ns}};
  if (is_utf8(file.relative)) {
    json["relative"] = file.relative;
  } else {
    json["relative_hex"] = to_hex(file.relative);
  }
  if (file.tombstone) json["tombstone"] = true;
  return json;
}

FileVersion version_of(const Json& json) {
  FileVersion file;
  file.ordinal = json.at("ordinal").get<u64>();
  file.epoch = json.at("epoch").get<u32>();
  file.source = json.at("source").get<std::string>();
  file.relative = json.contains("relative_hex")
                      ? from_hex(json.at("relative_hex").get<std::string>())
                      : json.at("relative").get<std::string>();
  file.size = json.at("size").get<u64>();
  file.mtime_ns = json.at("mtime_ns").get<i64>();
  file.first_mtime_ns = json.value("first_mtime_ns", file.mtime_ns);
  file.digest = json.at("digest").get<std::string>();
  file.tombstone = json.value("tombstone", false);
  return file;
}

Json json_of(const Schema& schema) {
  Json columns = Json::array();
  for (const ColumnSpec& column : schema) {
    columns.push_back({{"name", column.name}, {"type", column_type_name(column.type)}});
    if (column.type == Type::vector) columns.back()["dimensions"] = column.dimensions;
  }
  return columns;
}

Schema schema_of(const Json& columns) {
  Schema schema;
  for (const Json& column : columns) {
    const auto name = column.at("type").get<std::string>();
    const std::optional<Type> type = type_from_name(name);
    if (!type) throw DataError("'" + name + "' is no column type");
    schema.push_back({column.at("name").get<std::string>(), *type});
    if (*type != Type::vector) continue;
    schema.back().dimensions = column.at("dimensions").get<u32>();
    if (schema.back().dimensions == 0) throw DataError("a column of vectors without dimensions");
  }
  return schema;
}

void check(const Catalog& catalog) {
  for (std::size_t i = 0; i < catalog.files.size(); ++i) {
    const FileVersion& file = catalog.files[i];
    if (file.ordinal != i) {
      throw DataError("file version " + std::to_string(i) + " has ordinal " +
                      std::to_string(file.ordinal));
    }
    if (file.epoch == 0 || file.epoch > catalog.epoch) {
      throw DataError("file version " + std::to_string(i) + " has epoch " +
                      std::to_string(file.epoch) + " of " + std::to_string(catalog.epoch));
    }
  }
}

// What the library says of a member that is not as expected, without the name of its error.
std::string reason_of(const Json::exception& error) {
  const std::string what = error.what();
  const std::size_t end = what.find("] ");
  return end == std::string::npos ? what : what.substr(end + 2);
}

// Where the text stops being JSON, and what is there.
std::string place_of(const Json::parse_error& error, const std::string& text) {
  const std::size_t at = std::max<std::size_t>(error.byte, 1) - 1;  // the last one it read
  std::string found = "the end of the file";
  if (at < text.size()) {
    const bool prints = text[at] >= ' ' && text[at] <= '~';
    found = prints ? "`" + text.substr(at, 1) + "`" : "the byte 0x" + to_hex(text.substr(at, 1));
  }
  return "byte " + std::to_string(at) + ": expected JSON as a run writes it, found " + found;
}

// File versions leave the tree as soon as each is complete: millions of them would otherwise need
// ten times their own memory.
Catalog catalog_of(const std::string& text) {
  Catalog catalog;
  std::string member;  // of the outermost object
  const Json rest = Json::parse(text, [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (depth == 1 && event == Json::parse_event_t::key) member = parsed.get<std::string>();
    const bool file = depth == 2 && event == Json::parse_event_t::object_end && member == "files";
    if (!file) return true;
    try {
      catalog.files.push_back(version_of(parsed));
    } catch (const Json::exception& error) {
      throw DataError("file version " + std::to_string(catalog.files.size()) + ": " +
                      reason_of(error));
    }
    return false;
  });
  const auto version = rest.at("format_version").get<u32>();
  if (version != kFormatVersion) {
    throw DataError("format version " + std::to_string(version) + " is not ours, which is " +
                    std::to_string(kFormatVersion));
  }
  catalog.epoch = rest.at("epoch").get<u32>();
  catalog.revision = rest.at("revision").get<u64>();
  catalog.compacted = rest.value("compacted", 0U);
  for (const auto& [epoch, columns] : rest.at("schemas").items()) {
    catalog.schemas[number_of<u32>(epoch, 10, "epoch")] = schema_of(columns);
  }
  check(catalog);
  return catalog;
}

}  // namespace

Catalog load_catalog(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) return {};
  const std::string text = read_whole_file(path);
  std::string why;
  try {
    return catalog_of(text);
  } catch (const Json::parse_error& error) {
    why = place_of(error, text);
  } catch (const Json::exception& error) {
    why = reason_of(error);
  } catch (const DataError& error) {
    why = error.what();
  }
  throw DataError(path.string() + ": the catalogue cannot be understood: " + why +
                  "; put back a copy of it, or remove it: the next run then numbers all input "
                  "files anew and reads them again");
}

void save_catalog(const Catalog& catalog, const std::filesystem::path& path) {
  CommittedFile file(path);
  Json schemas = Json::object();
  for (const auto& [epoch, schema] : catalog.schemas) {
    schemas[std::to_string(epoch)] = json_of(schema);
  }
  file.write("{\"format_version\": " + std::to_string(kFormatVersion) + ",\n\"revision\": " +
             std::to_string(catalog.revision) + ",\n\"epoch\": " + std::to_string(catalog.epoch) +
             ",\n\"compacted\": " + std::to_string(catalog.compacted) +
             ",\n\"schemas\": " + schemas.dump() + ",\n\"files\": [");
  const char* before = "\n";
  for (const FileVersion& version : catalog.files) {
    file.write(before);
    file.write(json_of(version).dump());
    before = ",\n";
  }
  file.write("\n]}\n");
  file.commit();
}

}  // namespace shardmill
