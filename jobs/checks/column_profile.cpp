#include "jobs/checks/column_profile.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "cluster/error.hpp"

namespace shardmill {
namespace {

using Json = nlohmann::ordered_json;

constexpr u64 kVersion = 1;

Json profile_json(const ColumnProfile& profile, bool of_shard) {
  const auto cells = [](const Histogram& histogram) {
    Json list = Json::array();
    for (const auto& [cell, count] : histogram) list.push_back({cell, count});
    return list;
  };
  Json json = {{"rows", profile.rows},
               {"present", profile.present},
               {"numbers", cells(profile.numbers)},
               {"lengths", cells(profile.lengths)},
               {"values", profile.many_values ? Json(nullptr) : Json(profile.values)}};
  if (!of_shard) return json;
  // Names of tests are bytes, not texts: a list of numbers keeps them.
  json["tested"] = Json::array();
  for (const auto& [name, tested] : profile.tested) {
    json["tested"].push_back(
        {std::vector<u8>(name.begin(), name.end()), tested.inside, tested.gave_up});
  }
  return json;
}

ColumnProfile profile_of(const Json& json) {
  ColumnProfile profile;
  profile.rows = json.at("rows");
  profile.present = json.at("present");
  for (const auto& [name, histogram] :
       {std::pair{"numbers", &profile.numbers}, std::pair{"lengths", &profile.lengths}}) {
    for (const Json& cell : json.at(name)) (*histogram)[cell.at(0)] = cell.at(1);
  }
  profile.many_values = json.at("values").is_null();
  if (!profile.many_values) json.at("values").get_to(profile.values);
  if (!json.contains("tested")) return profile;
  for (const Json& tested : json.at("tested")) {
    const auto name = tested.at(0).get<std::vector<u8>>();
    profile.tested[std::string(name.begin(), name.end())] = {tested.at(1), tested.at(2)};
  }
  return profile;
}

}  // namespace

void ColumnProfile::count_value(std::string_view value, u64 times) {
  if (many_values) return;
  if (value.size() <= kLongestValue) values[std::string(value)] += times;
  many_values = value.size() > kLongestValue || values.size() > kMostValues;
  if (many_values) values.clear();
}

void ColumnProfile::add(Type type, std::string_view bytes, std::vector<ValueTest>& tests) {
  ++present;
  if (is_number(type)) {
    if (const double number = number_of(type, bytes); std::isfinite(number)) {
      ++numbers[cell_of(number)];
    }
  } else if (is_text(type)) {
    ++lengths[cell_of(static_cast<double>(bytes.size()))];
    count_value(bytes, 1);
  } else if (type == Type::boolean) {
    count_value(bytes[0] != 0 ? "true" : "false", 1);
  }
  for (ValueTest& test : tests) {
    const ValueTest::Answer answer = test.answer(type, bytes);
    Tested& counts = tested.at(test.name());
    counts.inside += answer == ValueTest::Answer::inside ? 1 : 0;
    counts.gave_up += answer == ValueTest::Answer::gave_up ? 1 : 0;
  }
}

void ColumnProfile::add(const ColumnProfile& other) {
  rows += other.rows;
  present += other.present;
  for (const auto& [cell, count] : other.numbers) numbers[cell] += count;
  for (const auto& [cell, count] : other.lengths) lengths[cell] += count;
  for (const auto& [value, count] : other.values) count_value(value, count);
  if (other.many_values) {
    many_values = true;
    values.clear();
  }
  for (const auto& [name, counts] : other.tested) {
    tested[name].inside += counts.inside;
    tested[name].gave_up += counts.gave_up;
  }
}

std::string to_json(const ColumnProfile& profile, bool of_shard) {
  return profile_json(profile, of_shard).dump(-1, ' ', false, Json::error_handler_t::replace);
}

ColumnProfile profile_from_json(const std::string& text, const std::string& where) {
  try {
    return profile_of(Json::parse(text));
  } catch (const nlohmann::json::exception& error) {
    throw DataError(where + ": not a column's profile: " + error.what());
  }
}

std::string to_json(const ColumnProfiles& profiles) {
  Json columns = Json::object();
  for (const auto& [name, profile] : profiles) columns[name] = profile_json(profile, false);
  const Json json = {{"schema_version", kVersion}, {"columns", columns}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

ColumnProfiles profiles_from_json(const std::string& text, const std::string& where) {
  try {
    const Json json = Json::parse(text);
    ColumnProfiles profiles;
    // Of another version nothing is known: as if it were not there.
    if (json.at("schema_version") != kVersion) return profiles;
    for (const auto& [name, profile] : json.at("columns").items()) {
      profiles[name] = profile_of(profile);
    }
    return profiles;
  } catch (const nlohmann::json::exception& error) {
    throw DataError(where + ": not the profile of a snapshot: " + error.what());
  }
}

}  // namespace shardmill
