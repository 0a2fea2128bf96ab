#include "operators/filter/comparison.hpp"

#include <array>
#include <compare>

#include "cluster/error.hpp"
#include "engine/batch/json_scalar.hpp"

namespace shardmill {
namespace {

using Operator = Comparison::Operator;

struct Sign {
  std::string_view text;
  Operator op;
};
// Two-letter signs first: `<=` begins with `<`.
constexpr std::array<Sign, 6> kSigns = {{{"==", Operator::equal},
                                         {"!=", Operator::different},
                                         {"<=", Operator::less_or_equal},
                                         {">=", Operator::greater_or_equal},
                                         {"<", Operator::less},
                                         {">", Operator::greater}}};

bool accepts(Operator op, std::partial_ordering order) {
  switch (op) {
    case Operator::equal:
      return order == 0;
    case Operator::different:
      return order != 0;
    case Operator::less:
      return order < 0;
    case Operator::less_or_equal:
      return order <= 0;
    case Operator::greater:
      return order > 0;
    case Operator::greater_or_equal:
      return order >= 0;
  }
  throw InternalError("an unknown comparison");
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\n") - begin + 1);
}

// The end of a JSON string that `text` begins with, behind its closing quote; 0 when it has none.
std::size_t end_of_string(std::string_view text) {
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return i + 1;
    }
  }
  return 0;
}

std::optional<Comparison::Value> read_value(std::string_view json) {
  if (json == "true") return true;
  if (json == "false") return false;
  if (json.starts_with('"')) {
    if (auto text = decode_json_string(json)) return *std::move(text);
    return {};
  }
  const auto number = decode_json_number(json);
  if (!number) return {};
  if (const i64* integer = std::get_if<i64>(&*number)) return *integer;
  return std::get<double>(*number);
}

}  // namespace

std::optional<Comparison> Comparison::parse(std::string_view text, std::string& fault) {
  fault.clear();
  std::string_view rest = trimmed(text);
  Comparison result;
  if (rest.starts_with('"')) {
    const std::size_t end = end_of_string(rest);
    const auto name = decode_json_string(rest.substr(0, end));
    if (!name) {
      fault = "the quoted name of the column is no JSON string";
      return {};
    }
    result.column_ = *name;
    rest = trimmed(rest.substr(end));
  } else {
    const std::size_t end = rest.find_first_of(" \t\n=!<>");
    result.column_ = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : trimmed(rest.substr(end));
  }
  const Sign* found = nullptr;
  for (const Sign& sign : kSigns) {
    if (found == nullptr && rest.starts_with(sign.text)) found = &sign;
  }
  if (result.column_.empty() || found == nullptr) {
    fault =
        "expected COLUMN, one of == != < <= > >=, and a value; found `" + std::string(text) + "`";
    return {};
  }
  result.operator_ = found->op;
  rest = trimmed(rest.substr(found->text.size()));
  auto value = read_value(rest);
  if (!value) {
    fault = "expected a number, a \"text\" in double quotes, true or false; found `" +
            std::string(rest) + "`";
    return {};
  }
  result.value_ = *std::move(value);
  const bool ordered = found->op != Operator::equal && found->op != Operator::different;
  if (ordered && std::holds_alternative<bool>(result.value_)) {
    fault = "true and false compare with == and != only; found `" + std::string(found->text) + "`";
    return {};
  }
  return result;
}

Comparison Comparison::parse(std::string_view text) {
  std::string fault;
  auto result = parse(text, fault);
  if (!result) throw ConfigError(fault);
  return *std::move(result);
}

bool Comparison::holds(std::optional<std::string_view> raw_json) const {
  if (!raw_json || raw_json->empty()) return false;
  const std::string_view json = *raw_json;
  switch (json.front()) {
    case '"': {
      if (!std::holds_alternative<std::string>(value_)) return false;
      if (json.find('\\') == std::string_view::npos) {
        return holds_text(json.substr(1, json.size() - 2));
      }
      const auto text = decode_json_string(json);
      return text && holds_text(*text);
    }
    case 't':
    case 'f': {
      const bool* wanted = std::get_if<bool>(&value_);
      return wanted != nullptr && accepts(operator_, (json.front() == 't') <=> *wanted);
    }
    case 'n':
    case '{':
    case '[':
      return false;
    default:
      break;
  }
  const i64* integer = std::get_if<i64>(&value_);
  const double* real = std::get_if<double>(&value_);
  if (integer == nullptr && real == nullptr) return false;
  const auto number = decode_json_number(json);
  if (!number) return false;
  const i64* other = std::get_if<i64>(&*number);
  if (integer != nullptr && other != nullptr) return accepts(operator_, *other <=> *integer);
  const double left = other != nullptr ? static_cast<double>(*other) : std::get<double>(*number);
  const double right = integer != nullptr ? static_cast<double>(*integer) : *real;
  return accepts(operator_, left <=> right);
}

bool Comparison::holds_text(std::string_view text) const {
  const std::string* wanted = std::get_if<std::string>(&value_);
  // char_traits<char> compares as unsigned bytes.
  return wanted != nullptr && accepts(operator_, text <=> std::string_view(*wanted));
}

}  // namespace shardmill
