#include "operators/table/aggregate_step.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "cluster/agree.hpp"
#include "engine/batch/json_scalar.hpp"
#include "engine/batch/wire.hpp"
#include "engine/exchange/partition.hpp"
#include "engine/exchange/shuffle.hpp"
#include "engine/hash/hash.hpp"
#include "operators/table/document_value.hpp"

namespace shardmill {
namespace {

using How = AggregateValue::How;

// A row that travels is one document (numbers in the order of the values, after its key) or one
// distinct value (its hash); the first byte says which, so that documents come first.
constexpr char kDocument = 0;
constexpr char kFirstDistinct = 1;

// A number as sketches carry it.
struct Number {
  enum class Kind : u8 { none, integer, floating };
  Kind kind = Kind::none;
  i64 integer = 0;
  double floating = 0;

  static Number of_json(std::optional<std::string_view> json) {
    if (!json) return {};
    const u8 seen = kind_of_json(*json);
    if (seen != kSeenInt && seen != kSeenFloat) return {};
    const auto value = decode_json_number(*json).value();
    if (seen == kSeenInt) return {Kind::integer, std::get<i64>(value), 0};
    return {Kind::floating, 0, std::get<double>(value)};
  }
  void append(std::string& out) const {
    out += static_cast<char>(kind);
    WireWriter(out).number(kind == Kind::floating ? std::bit_cast<u64>(floating)
                                                  : static_cast<u64>(integer));
  }
  // Takes it off the front of `bytes`.
  static Number take(std::string_view& bytes) {
    const Kind kind = static_cast<Kind>(bytes.front());
    const u64 bits = WireReader(bytes.substr(1), "a number").number();
    bytes.remove_prefix(kBytes);
    if (kind == Kind::floating) return {kind, 0, std::bit_cast<double>(bits)};
    return {kind, static_cast<i64>(bits), 0};
  }
  static constexpr std::size_t kBytes = 1 + sizeof(u64);
};

// The numbers of one group and column, one after the other in the order of the documents.
class Fold {
 public:
  Fold(How how, bool as_float) : how_(how), as_float_(as_float) {}

  void add(const Number& number) {
    if (number.kind == Number::Kind::none) return;
    if (as_float_) {
      const bool is_float = number.kind == Number::Kind::floating;
      add_to(float_, is_float ? number.floating : static_cast<double>(number.integer));
    } else {
      add_to(integer_, static_cast<i128>(number.integer));
    }
    ++count_;
  }
  // JSON; nothing when there was no number. Empty: beyond what the column's type holds.
  [[nodiscard]] std::optional<std::string> json() const {
    if (count_ == 0) return std::nullopt;
    const double total = as_float_ ? float_ : static_cast<double>(integer_);
    if (how_ == How::mean) return text(total / static_cast<double>(count_));
    if (as_float_) return text(float_);
    if (integer_ < INT64_MIN || integer_ > INT64_MAX) return "";
    return std::to_string(static_cast<i64>(integer_));
  }

 private:
  template <class T>
  void add_to(T& so_far, T number) const {
    if (count_ == 0) {
      so_far = number;
    } else if (how_ == How::min) {
      if (number < so_far) so_far = number;
    } else if (how_ == How::max) {
      if (number > so_far) so_far = number;
    } else {
      so_far += number;
    }
  }
  [[nodiscard]] static std::string text(double value) {
    if (!std::isfinite(value)) return "";
    std::array<char, 32> digits{};
    std::string json(digits.data(),
                     std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
    // "-0" would be an integer, which has no negative zero.
    return json.find_first_of(".e") == std::string::npos ? json + ".0" : json;
  }

  How how_;
  bool as_float_;
  u64 count_ = 0;
  i128 integer_ = 0;
  double float_ = 0;
};

std::vector<std::optional<std::string_view>> parts_of(std::string_view key, std::size_t parts) {
  std::vector<std::optional<std::string_view>> texts;
  WireReader in(key, "a key");
  for (std::size_t i = 0; i < parts; ++i) texts.push_back(in.optional_text());
  return texts;
}

// One key's rows, which come sorted: documents, then the values of each distinct column.
class Group {
 public:
  Group(const AggregateSettings& settings, const std::vector<u64>& has_float)
      : settings_(settings), distinct_(settings.values.size()) {
    std::size_t numbers = 0;
    for (const AggregateValue& value : settings.values) {
      if (value.of_numbers()) folds_.emplace_back(value.how, has_float[numbers++] != 0);
    }
  }
  void add(std::string_view payload) {
    const char what = payload.front();
    if (what == kDocument) {
      ++documents_;
      payload.remove_prefix(1 + sizeof(u64));
      for (Fold& fold : folds_) fold.add(Number::take(payload));
    } else if (payload != last_) {
      ++distinct_[static_cast<u8>(what - kFirstDistinct)];
      last_ = payload;
    }
  }
  // In the order of settings.values.
  [[nodiscard]] std::vector<std::optional<std::string>> values(const std::string& id) const {
    std::vector<std::optional<std::string>> values;
    std::size_t fold = 0;
    for (std::size_t v = 0; v < settings_.values.size(); ++v) {
      const AggregateValue& value = settings_.values[v];
      if (value.how == How::count) values.push_back(std::to_string(documents_));
      if (value.how == How::distinct) values.push_back(std::to_string(distinct_[v]));
      if (value.of_numbers()) values.push_back(folds_[fold++].json());
      if (values.back() != "") continue;
      throw DataError(settings_.step + ": `" + value.name + "` of the key " + id +
                      " is beyond what " + (value.how == How::sum ? "its type" : "float64") +
                      " holds");
    }
    return values;
  }

 private:
  const AggregateSettings& settings_;
  u64 documents_ = 0;
  std::vector<Fold> folds_;
  std::vector<u64> distinct_;  // by value
  std::string last_;
};

}  // namespace

std::optional<AggregateValue> AggregateValue::parse(const std::string& name,
                                                    std::string_view text) {
  if (text == "count") return AggregateValue{name, How::count, ""};
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon + 1 == text.size()) return std::nullopt;
  const std::string_view how = text.substr(0, colon);
  for (const auto& [known, meaning] :
       {std::pair{"sum", How::sum}, std::pair{"mean", How::mean}, std::pair{"min", How::min},
        std::pair{"max", How::max}, std::pair{"distinct", How::distinct}}) {
    if (how == known) return AggregateValue{name, meaning, std::string(text.substr(colon + 1))};
  }
  return std::nullopt;
}

AggregateSettings aggregate_settings(const Settings& settings, const std::string& label) {
  AggregateSettings aggregate{label, settings.text("name"), settings.list("by"), {}};
  for (const auto& [name, text] : settings.text_map("values")) {
    aggregate.values.push_back(AggregateValue::parse(name, text).value());
  }
  return aggregate;
}

std::string aggregate_row_id(const std::vector<std::optional<std::string_view>>& key) {
  std::string id;
  for (const auto& part : key) {
    if (part) {
      id.append(std::to_string(part->size())).append(":").append(*part);
    } else {
      id += '-';
    }
  }
  return id;
}

AggregateStep::AggregateStep(AggregateSettings settings, std::vector<std::string> sources)
    : settings_(std::move(settings)), sources_(std::move(sources)) {}

std::string AggregateStep::sketch_settings() const {
  std::string text;
  WireWriter out(text);
  for (const std::string& column : settings_.by) out.text(column);
  for (const AggregateValue& value : settings_.values) {
    out.number(static_cast<u64>(value.how == How::count ? 0 : value.of_numbers() ? 1 : 2));
    out.text(value.column);
  }
  return text;
}

// The key's parts as optional_text, then each number, then the hash of each distinct value.
void AggregateStep::sketch(const Batch& batch, std::string& out) {
  std::vector<DocumentValue> by;
  std::vector<DocumentValue> values;
  for (const std::string& column : settings_.by) by.emplace_back(batch, sources_, column);
  for (const AggregateValue& value : settings_.values) {
    values.emplace_back(batch, sources_, value.column);
  }
  std::string sketch;
  for (std::size_t row = 0; row < batch.size(); ++row) {
    sketch.clear();
    WireWriter writer(sketch);
    std::string key;
    for (DocumentValue& part : by) WireWriter(key).optional_text(part.text(row));
    writer.text(key);
    for (std::size_t v = 0; v < values.size(); ++v) {
      if (settings_.values[v].of_numbers()) Number::of_json(values[v].json(row)).append(sketch);
    }
    for (std::size_t v = 0; v < values.size(); ++v) {
      if (settings_.values[v].how != How::distinct) continue;
      const auto text = values[v].text(row);
      const Hash128 hash = text ? hash128(*text) : Hash128{};
      writer.number(hash.high);
      writer.number(hash.low);
    }
    WireWriter(out).text(sketch);
  }
}

Schema AggregateStep::schema_for(const std::vector<u64>& has_float) const {
  Schema schema;
  for (const std::string& column : settings_.by) schema.push_back({column, Type::utf8});
  std::size_t numbers = 0;
  for (const AggregateValue& value : settings_.values) {
    const bool is_float = value.of_numbers() && has_float[numbers++] != 0;
    schema.push_back(
        {value.name, is_float || value.how == How::mean ? Type::float64 : Type::int64});
  }
  return schema;
}

void AggregateStep::resolve(Cluster& cluster, Sketches& sketches, u32, Findings& findings) {
  const auto split = [](std::string_view sketch) {
    const std::string_view key = WireReader(sketch, "a sketch").text();
    return std::pair(key, sketch.substr(sizeof(u64) + key.size()));
  };
  std::vector<u64> has_float;
  std::vector<char> distinct;
  for (std::size_t v = 0; v < settings_.values.size(); ++v) {
    if (settings_.values[v].of_numbers()) has_float.push_back(0);
    if (settings_.values[v].how == How::distinct) {
      distinct.push_back(static_cast<char>(kFirstDistinct + narrow<u8>(v)));
    }
  }
  RowShuffle shuffle(cluster, settings_.step, cluster.budget.lease(settings_.step, 0.3));
  std::string payload;
  sketches.for_each([&](DocKey document, std::string_view sketch) {
    auto [key, rest] = split(sketch);
    const Rank owner = owner_of(hash128(key).high, cluster.size());
    payload.assign(1, kDocument);
    append_sortable(payload, document.value);
    for (u64& flag : has_float) {
      const Number number = Number::take(rest);
      flag |= number.kind == Number::Kind::floating ? 1 : 0;
      number.append(payload);
    }
    shuffle.put(owner, key, payload);
    for (const char number : distinct) {
      const std::string_view hash = rest.substr(0, sizeof(Hash128));
      rest.remove_prefix(hash.size());
      if (hash.find_first_not_of('\0') == std::string_view::npos) continue;  // absent
      shuffle.put(owner, key, std::string(1, number).append(hash));
    }
  });
  Rows rows = shuffle.finish();
  rows.sort();
  has_float = cluster.control.all_max(has_float);

  const Schema schema = schema_for(has_float);
  std::vector<std::size_t> order(schema.size());  // by name, as shards have columns
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return schema[a] < schema[b]; });
  Schema by_name;
  for (const std::size_t i : order) by_name.push_back(schema[i]);
  Rows& table = findings.make_table(settings_.name, std::move(by_name));

  agree_all(cluster.control, [&] {
    std::string key;
    std::optional<Group> group;
    const auto close = [&] {
      if (!group) return;
      const auto parts = parts_of(key, settings_.by.size());
      const std::string id = aggregate_row_id(parts);
      const auto values = group->values(id);
      payload.clear();
      for (const std::size_t i : order) {
        std::optional<std::string_view> value;
        if (i < parts.size()) {
          value = parts[i];
        } else if (values[i - parts.size()]) {
          value = *values[i - parts.size()];
        }
        WireWriter(payload).optional_text(value);
      }
      table.push(id, payload);
    };
    rows.for_each([&](std::string_view row_key, std::string_view row) {
      if (!group || row_key != key) {
        close();
        key = row_key;
        group.emplace(settings_, has_float);
      }
      group->add(row);
    });
    close();
  });
}

}  // namespace shardmill
