// The steps that read tables and make them.
#include <set>

#include "engine/batch/batch.hpp"
#include "jobs/spec/declarations.hpp"
#include "operators/table/aggregate_step.hpp"

namespace shardmill {
namespace {

using Works = OperatorDeclaration::Works;
using Fault = std::pair<std::string, std::string>;

Fault join_fault(const Settings& settings) {
  const std::string& kind = settings.text("kind");
  const bool adds = kind == "left" || kind == "inner";
  const auto& columns = settings.text_map("columns");
  if (adds && columns.empty()) {
    return {"kind", "kind " + kind + " adds columns of the table: name them in `columns`" +
                        (kind == "inner" ? ", or use semi" : "")};
  }
  if (!adds && !columns.empty()) {
    return {"columns", "kind " + kind + " adds no columns; leave `columns` out"};
  }
  for (const auto& [column, theirs] : columns) {
    if (column == "id" || column == "source" || column == "text") {
      return {"columns", "`" + column + "` is the document's own; give the table's another name: " +
                             "columns: {table_" + column + ": " + theirs + "}"};
    }
  }
  return table_fault(settings);
}

Fault aggregate_fault(const Settings& settings) {
  std::set<std::string> names;
  for (const std::string& column : settings.list("by")) {
    if (!names.insert(column).second) return {"by", "`" + column + "` is repeated"};
  }
  const auto& values = settings.text_map("values");
  if (values.empty() || values.size() > AggregateSettings::kMostValues) {
    return {"values", "1 to " + std::to_string(AggregateSettings::kMostValues) +
                          " values are needed, for example {documents: count}; found " +
                          std::to_string(values.size())};
  }
  for (const auto& [name, text] : values) {
    if (!names.insert(name).second) return {"values", "`" + name + "` is in `by` already"};
    if (AggregateValue::parse(name, text)) continue;
    return {"values", "`" + name +
                          "`: expected count, sum:COLUMN, mean:COLUMN, min:COLUMN, "
                          "max:COLUMN or distinct:COLUMN; found " +
                          text};
  }
  return {};
}

}  // namespace

std::string table_name_fault(const std::string& name) {
  const bool good = !name.empty() && name.find_first_not_of(
                                         "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                         "0123456789_-") == std::string::npos;
  return good ? "" : "the name of a table has letters, digits, _ and - only";
}

std::vector<Parameter> table_parameters() {
  return {{.name = "format",
           .kind = Kind::choice,
           .default_value = "jsonl",
           .help = "of the table's files",
           .choices = {"jsonl", "csv", "tsv", "hdf5"}},
          {.name = "group",
           .kind = Kind::text,
           .default_value = "/",
           .help = "of hdf5: the group that holds the columns"},
          {.name = "types",
           .kind = Kind::text_map,
           .help = "of csv and tsv, table's column: utf8, int64, float64 or bool"},
          {.name = "max_record",
           .kind = Kind::size,
           .default_value = "16MiB",
           .unit = "bytes",
           .help = "longer rows, or lists of all rows of a key, are an error",
           .minimum = "1"}};
}

const Section& table_section() {
  static const Section section = [] {
    Section table = {"table",
                     {{.name = "read",
                       .kind = Kind::path_list,
                       .help = "files or patterns: * ? [] and ** for any depth",
                       .required = true}}};
    for (const Parameter& parameter : table_parameters()) table.parameters.push_back(parameter);
    return table;
  }();
  return section;
}

Fault table_fault(const Settings& settings) {
  const std::string& format = settings.text("format");
  if (format != "hdf5" && settings.text("group") != "/") {
    return {"group", "`group` goes with format: hdf5 only"};
  }
  for (const auto& [field, type] : settings.text_map("types")) {
    if (format != "csv" && format != "tsv") {
      return {"types", "`types` goes with format: csv or tsv only"};
    }
    const std::optional<Type> known = type_named(type);
    if (!known || known == Type::json || known == Type::vector) {
      return {"types",
              "`types` of " + field + ": expected utf8, int64, float64 or bool; found " + type};
    }
  }
  return {};
}

OperatorDeclaration join_declaration() {
  OperatorDeclaration join = {
      .name = "join",
      .help = "adds columns of a table to documents, or keeps or drops those that are in it",
      .parameters = {{.name = "with",
                      .kind = Kind::path_list,
                      .help = "a name of `tables`, or the table's files or patterns",
                      .required = true},
                     {.name = "on",
                      .kind = Kind::name_map,
                      .help = "column, or document's column: table's column; several make one "
                              "key; compared as text",
                      .required = true},
                     {.name = "kind",
                      .kind = Kind::choice,
                      .default_value = "left",
                      .help = "left keeps all documents, inner and semi those in the table, "
                              "anti the others",
                      .choices = {"left", "inner", "semi", "anti"}},
                     {.name = "columns",
                      .kind = Kind::name_map,
                      .help = "what left and inner add: column, or new name: table's column"},
                     {.name = "multiplicity",
                      .kind = Kind::choice,
                      .default_value = "error",
                      .help = "of several rows with a document's key: the first, all as a list, "
                              "or an error",
                      .choices = {"first", "all", "error"}},
                     {.name = "on_conflict",
                      .kind = Kind::choice,
                      .default_value = "error",
                      .help = "when documents have the column too: their value stays (left), "
                              "the table's comes (right), or an error",
                      .choices = {"left", "right", "error"}}},
      .works = Works::global,
      .table_parameter = "with",
      .fault = join_fault};
  for (const Parameter& parameter : table_parameters()) join.parameters.push_back(parameter);
  return join;
}

OperatorDeclaration aggregate_declaration() {
  return {.name = "aggregate",
          .help = "makes a table with a row for each key of the documents",
          .parameters = {{.name = "name",
                          .kind = Kind::text,
                          .help = "of the table, published below tables/",
                          .required = true,
                          .fault = table_name_fault},
                         {.name = "by",
                          .kind = Kind::text_list,
                          .help = "columns that make the key",
                          .required = true},
                         {.name = "values",
                          .kind = Kind::text_map,
                          .help = "name: count, sum:COLUMN, mean:COLUMN, min:COLUMN, max:COLUMN or "
                                  "distinct:COLUMN",
                          .required = true}},
          .works = Works::global,
          .fault = aggregate_fault};
}

}  // namespace shardmill
