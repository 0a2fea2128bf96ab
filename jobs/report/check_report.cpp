#include "jobs/report/check_report.hpp"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "jobs/report/amounts.hpp"

namespace shardmill {
namespace {

std::string found_text(const CheckReport& check) {
  std::string text;
  if (check.measured) text += ": " + measured_text(check) + ", allowed " + allowed_text(check);
  return text + (check.note.empty() ? "" : "; " + check.note);
}

}  // namespace

const char* outcome_name(CheckReport::Outcome outcome) {
  switch (outcome) {
    case CheckReport::Outcome::ok:
      return "ok";
    case CheckReport::Outcome::failed:
      return "failed";
    case CheckReport::Outcome::skipped:
      return "skipped";
  }
  throw InternalError("a check with an unknown outcome");
}

std::string measured_text(const CheckReport& check) {
  if (!check.measured) return "-";
  if (check.denominator == 1) return grouped(check.numerator.value_or(0));
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.6g", *check.measured);
  if (!check.denominator || check.check == "drift") return buffer;
  return std::string(buffer) + " (" + grouped(check.numerator.value_or(0)) + " of " +
         grouped(*check.denominator) + ")";
}

std::string allowed_text(const CheckReport& check) {
  std::string text = check.minimum.empty() ? "" : "at least " + check.minimum;
  if (check.maximum.empty()) return text;
  return text + (text.empty() ? "" : ", ") + "at most " + check.maximum;
}

std::string check_sentence(const CheckReport& check) {
  return "check " + check.name + " " + outcome_name(check.outcome) + found_text(check);
}

std::string check_finding(const CheckReport& check) { return check.name + found_text(check); }

std::string check_json(const CheckReport& check) {
  using Json = nlohmann::ordered_json;
  const auto limit = [](const std::string& text) {
    return text.empty() ? Json(nullptr) : Json::parse(text);
  };
  const auto or_null = [](const auto& value) { return value ? Json(*value) : Json(nullptr); };
  const Json json = {{"name", check.name},
                     {"check", check.check},
                     {"level", check.only_warns ? "warn" : "error"},
                     {"outcome", outcome_name(check.outcome)},
                     {"measured", or_null(check.measured)},
                     {"numerator", or_null(check.numerator)},
                     {"denominator", or_null(check.denominator)},
                     {"min", limit(check.minimum)},
                     {"max", limit(check.maximum)},
                     {"note", check.note.empty() ? Json(nullptr) : Json(check.note)}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace shardmill
