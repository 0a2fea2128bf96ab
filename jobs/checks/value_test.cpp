#include "jobs/checks/value_test.hpp"

#include <charconv>
#include <cstring>

#include "engine/batch/wire.hpp"

namespace shardmill {
namespace {

i64 int64_of(std::string_view bytes) {
  i64 number = 0;
  std::memcpy(&number, bytes.data(), sizeof number);
  return number;
}

}  // namespace

bool is_number(Type type) { return type == Type::int64 || type == Type::float64; }
bool is_text(Type type) { return type == Type::utf8 || type == Type::json; }

double number_of(Type type, std::string_view bytes) {
  if (type == Type::int64) return static_cast<double>(int64_of(bytes));
  double number = 0;
  std::memcpy(&number, bytes.data(), sizeof number);
  return number;
}

double nearest_double(const Decimal& decimal) {
  const std::string text = decimal.text();
  double number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::optional<ValueTest> ValueTest::of(const CheckSpec& check) {
  const Settings& settings = check.settings;
  ValueTest test;
  WireWriter name(test.name_);
  name.text(check.check);
  const auto limit = [&](const char* setting) -> std::optional<Limit> {
    name.text(settings.shown(setting));
    if (!settings.has(setting)) return std::nullopt;
    const Decimal exact = settings.decimal(setting);
    return Limit{exact, nearest_double(exact)};
  };
  if (check.check == "in_range") {
    test.is_range_ = true;
    test.low_ = limit("min");
    test.high_ = limit("max");
  } else if (check.check == "in_set") {
    for (const std::string& value : settings.list("values")) {
      test.texts_.insert(value);
      if (const auto number = Decimal::parse(value)) test.numbers_.insert(nearest_double(*number));
    }
    for (const std::string& value : test.texts_) name.text(value);
  } else if (check.check == "pattern") {
    name.text(settings.text("regex"));
    test.pattern_.emplace(settings.text("regex"));
  } else {
    return std::nullopt;
  }
  return test;
}

ValueTest::Answer ValueTest::answer(Type type, std::string_view bytes) {
  if (pattern_ && is_text(type)) {
    const Pattern::Found found = pattern_->search(bytes);
    if (found == Pattern::Found::gave_up) return Answer::gave_up;
    return found == Pattern::Found::yes ? Answer::inside : Answer::outside;
  }
  if (pattern_) return Answer::outside;
  return (is_range_ ? in_range(type, bytes) : in_set(type, bytes)) ? Answer::inside
                                                                   : Answer::outside;
}

bool ValueTest::in_range(Type type, std::string_view bytes) const {
  if (!is_number(type)) return false;
  const double number = number_of(type, bytes);
  // Of whole numbers no bit is lost, where the limit is whole too.
  const auto exact = [&](const Limit& limit) {
    return type == Type::int64 && limit.exact.denominator == 1;
  };
  const i64 whole = type == Type::int64 ? int64_of(bytes) : 0;
  if (low_ && (exact(*low_) ? whole < low_->exact.numerator : number < low_->nearest)) {
    return false;
  }
  return !high_ || (exact(*high_) ? whole <= high_->exact.numerator : number <= high_->nearest);
}

bool ValueTest::in_set(Type type, std::string_view bytes) const {
  if (is_number(type)) return numbers_.contains(number_of(type, bytes));
  if (type == Type::boolean) return texts_.contains(bytes[0] != 0 ? "true" : "false");
  return is_text(type) && texts_.contains(bytes);
}

}  // namespace shardmill
