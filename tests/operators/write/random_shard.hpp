// Documents with everything that is hard for a shard: absent rows, names HDF5 cannot have, text
// larger than a buffer, numbers at the ends of their ranges.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "engine/batch/vector_value.hpp"
#include "operators/write/text_shard_writer.hpp"

namespace shardmill {

struct RandomShard {
  using Row = std::vector<std::optional<std::string>>;
  Schema schema;
  std::vector<Row> rows;

  explicit RandomShard(u64 seed) {
    std::mt19937_64 random(seed);
    schema = {{"id", Type::utf8}, {"source", Type::utf8}, {"text", Type::utf8}};
    for (const char* name : {"", ".", "..", ".hidden", "a/b", "100%", "n", "n.valid",
                             "n.valid.valid", "valid", "bytes", "ünï", "tab\t", "z"}) {
      if (random() % 2 == 0) continue;
      schema.push_back({name, static_cast<Type>(random() % 6)});
      if (schema.back().type == Type::vector) {
        schema.back().dimensions = static_cast<u32>(1 + random() % 5);
      }
    }
    std::sort(schema.begin(), schema.end());
    rows.resize(random() % 200);
    for (Row& row : rows) {
      for (const ColumnSpec& column : schema) {
        // Some columns are always there, others mostly absent.
        const u64 present = hash_of(column.name) % 3 * 4;
        const bool always = column.name == "id" || column.name == "source" || column.name == "text";
        if (!always && random() % 8 >= present) {
          row.push_back(std::nullopt);
        } else {
          row.push_back(random_value(column, random));
        }
      }
    }
  }

  [[nodiscard]] ShardTotals totals() const {
    ShardTotals totals{rows.size(), std::vector<u64>(schema.size())};
    for (const Row& row : rows) {
      for (std::size_t i = 0; i < row.size(); ++i)
        totals.text_bytes[i] += row[i] ? row[i]->size() : 0;
    }
    return totals;
  }

  ShardInfo write(const std::filesystem::path& path, const std::string& split,
                  std::size_t buffer = TextShardWriter::kBufferBytes) const {
    TextShardWriter writer(path, schema, totals(), split, kTextFormat, buffer);
    for (const Row& row : rows) {
      const std::vector<std::optional<std::string_view>> views(row.begin(), row.end());
      writer.add(views);
    }
    return writer.close();
  }

  // The documents for read_shard.py.
  [[nodiscard]] std::string expected() const {
    nlohmann::json columns = nlohmann::json::object();
    for (const ColumnSpec& column : schema) columns[column.name] = column_type_name(column.type);
    std::string lines = columns.dump() + "\n";
    for (const Row& row : rows) {
      std::string line;
      for (std::size_t i = 0; i < row.size(); ++i) {
        if (!row[i]) continue;
        const bool text = schema[i].type == Type::utf8 || schema[i].type == Type::json;
        line += (line.empty() ? "" : ", ") + nlohmann::json(schema[i].name).dump() + ": " +
                (text ? nlohmann::json(*row[i]).dump() : json_of(schema[i].type, *row[i]));
      }
      lines += "{" + line + "}\n";
    }
    return lines;
  }

  // Of what is no text: vectors as the numbers they are.
  static std::string json_of(Type type, const std::string& value) {
    return type == Type::vector ? value_text(type, std::string_view(value).substr(1)) : value;
  }

 private:
  static u64 hash_of(const std::string& name) {
    u64 sum = 0;
    for (const char c : name) sum = sum * 31 + static_cast<unsigned char>(c);
    return sum;
  }
  static std::string random_value(const ColumnSpec& column, std::mt19937_64& random) {
    const auto pick = [&](const std::vector<std::string>& from) {
      return from[random() % from.size()];
    };
    switch (column.type) {
      case Type::utf8:
        if (random() % 100 == 0) return std::string(random() % 3'000'000, 'L');
        return pick(
            {"", "plain", "two\nlines", std::string("nul\0byte", 8), "ünïcödé 漢字", "\"quoted\""});
      case Type::json:
        return pick({"{\"a\": [1, 2]}", "[]", "\"text\"", "1e5", "true", "123456789012345678901"});
      case Type::int64:
        return pick({"0", "-0", "1", "-1", "9223372036854775807", "-9223372036854775808",
                     std::to_string(random() % 1000)});
      case Type::float64:
        return pick({"0", "-0", "-0.0", "0.1", "1e-400", "-1e-400", "5e-324", "2.5e-324",
                     "1.7976931348623157e308", "9007199254740993", "1E2", "123456.789e-3"});
      case Type::boolean:
        return pick({"true", "false"});
      case Type::vector: {
        std::vector<float> vector(column.dimensions);
        for (float& number : vector) number = static_cast<float>(random() % 9) / 3;
        return vector_value(vector);
      }
    }
    return "";
  }
};

}  // namespace shardmill
