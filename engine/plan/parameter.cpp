#include "engine/plan/parameter.hpp"

#include <algorithm>
#include <charconv>

namespace shardmill {
namespace {

template <typename Number>
Number number(const std::string& text) {
  Number result = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), result);
  if (error != std::errc{} || end != text.data() + text.size()) {
    throw InternalError("a setting holds `" + text + "`, which is not a number");
  }
  return result;
}

Decimal exact(const std::string& text) {
  const auto value = Decimal::parse(text);
  if (!value) throw InternalError("a setting holds `" + text + "`, which is not a decimal");
  return *value;
}

std::string prefixed(const std::string& text) { return std::to_string(text.size()) + ":" + text; }

}  // namespace

const char* kind_name(Kind kind) {
  switch (kind) {
    case Kind::boolean:
      return "boolean";
    case Kind::integer:
      return "integer";
    case Kind::decimal:
      return "decimal";
    case Kind::size:
      return "size";
    case Kind::text:
      return "text";
    case Kind::choice:
      return "choice";
    case Kind::path:
      return "path";
    case Kind::text_list:
      return "list";
    case Kind::path_list:
      return "paths";
    case Kind::text_map:
      return "map";
    case Kind::name_map:
      return "names";
    case Kind::decimal_map:
      return "decimals";
  }
  throw InternalError("a parameter of an unknown kind");
}

const char* affects_name(Affects affects) {
  switch (affects) {
    case Affects::bytes:
      return "bytes";
    case Affects::speed:
      return "speed";
    case Affects::others:
      return "others";
  }
  throw InternalError("a parameter that affects something unknown");
}

const Parameter* OperatorDeclaration::find(std::string_view parameter) const {
  for (const Parameter& p : parameters) {
    if (p.name == parameter) return &p;
  }
  return nullptr;
}

void Settings::put(Entry entry) {
  for (Entry& e : entries_) {
    if (e.name == entry.name) {
      e = std::move(entry);
      return;
    }
  }
  entries_.push_back(std::move(entry));
}

void Settings::set(const Parameter& parameter, Value value, std::string where) {
  put({parameter.name, parameter.kind, parameter.affects, true, std::move(value),
       std::move(where)});
}

void Settings::unset(const Parameter& parameter) {
  put({parameter.name, parameter.kind, parameter.affects, false, {}, "default"});
}

const Settings::Entry* Settings::find(std::string_view name) const {
  for (const Entry& e : entries_) {
    if (e.name == name) return &e;
  }
  return nullptr;
}

const Settings::Entry& Settings::declared(std::string_view name) const {
  const Entry* entry = find(name);
  if (entry == nullptr) throw InternalError("no parameter `" + std::string(name) + "` is declared");
  return *entry;
}

const Value& Settings::value(std::string_view name, Kind kind) const {
  const Entry& entry = declared(name);
  if (!entry.is_set) throw InternalError("the parameter `" + entry.name + "` is not set");
  if (entry.kind != kind) {
    throw InternalError("the parameter `" + entry.name + "` is " + kind_name(entry.kind) +
                        ", it was read as " + kind_name(kind));
  }
  return entry.value;
}

bool Settings::has(std::string_view name) const {
  const Entry* entry = find(name);
  return entry != nullptr && entry->is_set;
}

bool Settings::boolean(std::string_view name) const {
  return value(name, Kind::boolean).text == "true";
}

i64 Settings::integer(std::string_view name) const {
  return number<i64>(value(name, Kind::integer).text);
}

Bytes Settings::size(std::string_view name) const {
  return {number<u64>(value(name, Kind::size).text)};
}

Decimal Settings::decimal(std::string_view name) const {
  return exact(value(name, Kind::decimal).text);
}

const std::string& Settings::text(std::string_view name) const {
  const Kind kind = declared(name).kind;
  const bool textual = kind == Kind::text || kind == Kind::choice || kind == Kind::path;
  return value(name, textual ? kind : Kind::text).text;
}

const std::vector<std::string>& Settings::list(std::string_view name) const {
  const Kind kind = declared(name).kind;
  return value(name, kind == Kind::path_list ? kind : Kind::text_list).list;
}

const std::vector<std::pair<std::string, std::string>>& Settings::text_map(
    std::string_view name) const {
  const Kind kind = declared(name).kind;
  return value(name, kind == Kind::name_map ? kind : Kind::text_map).map;
}

std::vector<std::pair<std::string, Decimal>> Settings::decimal_map(std::string_view name) const {
  std::vector<std::pair<std::string, Decimal>> result;
  for (const auto& [key, text] : value(name, Kind::decimal_map).map) {
    result.emplace_back(key, exact(text));
  }
  return result;
}

const std::string& Settings::where(std::string_view name) const { return declared(name).where; }

std::string Settings::where_or(std::string_view name, const std::string& otherwise) const {
  const std::string& place = where(name);
  return place == "default" || place.starts_with("preset ") ? otherwise : place;
}

std::vector<std::string> Settings::names() const {
  std::vector<std::string> result;
  for (const Entry& e : entries_) result.push_back(e.name);
  return result;
}

std::string shown_text(std::string_view text, std::string_view unlike) {
  const bool plain = !text.empty() && text.front() != ' ' && text.back() != ' ' &&
                     text.find('"') == std::string_view::npos &&
                     text.find_first_of(unlike) == std::string_view::npos;
  if (plain) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

std::string Settings::shown(std::string_view name) const {
  const Entry& entry = declared(name);
  if (!entry.is_set) return "-";
  std::string inner;
  switch (entry.kind) {
    case Kind::text_list:
    case Kind::path_list:
      for (const std::string& item : entry.value.list) {
        inner += (inner.empty() ? "" : ", ") + shown_text(item, ",");
      }
      return "[" + inner + "]";
    case Kind::text_map:
    case Kind::name_map:
    case Kind::decimal_map:
      for (const auto& [key, text] : entry.value.map) {
        inner +=
            (inner.empty() ? "" : ", ") + shown_text(key, ",:") + ": " + shown_text(text, ",:");
      }
      return "{" + inner + "}";
    default:
      return entry.value.text == "-" ? "\"-\"" : entry.value.text;
  }
}

std::string Settings::canonical() const {
  std::vector<const Entry*> sorted;
  for (const Entry& e : entries_) {
    if (e.affects == Affects::bytes && e.is_set) sorted.push_back(&e);
  }
  std::sort(sorted.begin(), sorted.end(),
            [](const Entry* a, const Entry* b) { return a->name < b->name; });
  std::string result;
  for (const Entry* e : sorted) {
    result += e->name + "=";
    result += prefixed(e->value.text);
    result += "[" + std::to_string(e->value.list.size());
    for (const std::string& item : e->value.list) result += "," + prefixed(item);
    result += "]{" + std::to_string(e->value.map.size());
    for (const auto& [key, text] : e->value.map) {
      result += "," + prefixed(key) + prefixed(text);
    }
    result += "};";
  }
  return result;
}

}  // namespace shardmill
