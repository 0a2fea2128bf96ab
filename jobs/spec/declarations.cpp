#include "jobs/spec/declarations.hpp"

#include <algorithm>

#include "engine/plan/spelling.hpp"
#include "operators/filter/comparison.hpp"

namespace shardmill {
namespace {

using Works = OperatorDeclaration::Works;
using Fault = std::pair<std::string, std::string>;

std::string comparison_fault(const std::string& text) {
  std::string fault;
  (void)Comparison::parse(text, fault);
  return fault;
}

std::string split_name_fault(const std::string& name) {
  const bool good = !name.empty() && name.find_first_not_of(
                                         "abcdefghijklmnopqrstuvwxyz"
                                         "0123456789_") == std::string::npos;
  return good ? "" : "the name of a split has letters a-z, digits and _ only";
}

Fault limits_fault(const Settings& settings) {
  for (const std::string what : {"characters", "words"}) {
    const std::string least = "min_" + what;
    const std::string most = "max_" + what;
    if (!settings.has(least) || !settings.has(most)) continue;
    if (settings.integer(least) > settings.integer(most)) {
      return {least, least + " (" + settings.shown(least) + ") is above " + most + " (" +
                         settings.shown(most) + ")"};
    }
  }
  return {};
}

Fault fractions_fault(const Settings& settings) {
  Decimal sum;
  for (const auto& [name, fraction] : settings.decimal_map("fractions")) sum = sum.plus(fraction);
  if (sum == Decimal{1, 1}) return {};
  return {"fractions", "the fractions must sum to exactly 1; their sum is " + sum.text()};
}

std::string lineage_column_fault(const std::string& column) {
  if (column.empty()) return "a column needs a name";
  return column == "text" ? "equal texts are tied by dedup.exact before split, not by `text` here"
                          : "";
}

Fault split_fault(const Settings& settings) {
  if (Fault fault = fractions_fault(settings); !fault.second.empty()) return fault;
  const auto& columns = settings.list("group_by");
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (std::find(columns.begin(), columns.begin() + static_cast<std::ptrdiff_t>(i), columns[i]) !=
        columns.begin() + static_cast<std::ptrdiff_t>(i)) {
      return {"group_by", "`" + columns[i] + "` is repeated"};
    }
  }
  if (!columns.empty() && settings.text("by") == "document") {
    return {"by", "by: document keeps nothing together, so it has no group_by; leave one out"};
  }
  return {};
}

OperatorDeclaration normalize() {
  return {.name = "normalize",
          .help = "brings text into one form",
          .parameters = {{.name = "unicode",
                          .kind = Kind::choice,
                          .default_value = "nfc",
                          .help = "Unicode normalization form",
                          .choices = {"nfc", "none"}},
                         {.name = "control_characters",
                          .kind = Kind::boolean,
                          .default_value = "false",
                          .help = "remove control characters other than tab and newline"},
                         {.name = "whitespace",
                          .kind = Kind::boolean,
                          .default_value = "false",
                          .help = "collapse runs of white space"},
                         {.name = "case_fold",
                          .kind = Kind::boolean,
                          .default_value = "false",
                          .help = "fold upper and lower case"}}};
}

OperatorDeclaration filter() {
  const auto limit = [](std::string name, std::string unit, std::string help) {
    return Parameter{.name = std::move(name),
                     .kind = Kind::integer,
                     .unit = std::move(unit),
                     .help = std::move(help),
                     .minimum = "0"};
  };
  return {.name = "filter",
          .help = "drops documents by length or by a column",
          .parameters = {limit("min_characters", "characters", "drop shorter documents"),
                         limit("max_characters", "characters", "drop longer documents"),
                         limit("min_words", "words", "drop documents of fewer words"),
                         limit("max_words", "words", "drop documents of more words"),
                         {.name = "where",
                          .kind = Kind::text,
                          .help = "keep what this holds for: COLUMN == != < <= > >= VALUE, for "
                                  "example stars >= 5 or lang == \"en\"",
                          .fault = comparison_fault}},
          .fault = limits_fault};
}

OperatorDeclaration exclude() {
  return {.name = "exclude",
          .help = "takes documents down by id, before anything else",
          .parameters = {{.name = "ids",
                          .kind = Kind::path,
                          .help = "file with one id per line",
                          .required = true}}};
}

OperatorDeclaration dedup_exact() {
  return {.name = "dedup.exact",
          .help = "keeps one of the documents with equal text",
          .parameters = {keep_parameter(), against_parameter()},
          .works = Works::global};
}

OperatorDeclaration dedup_minhash() {
  // Shingle, bands x rows and threshold as their papers or tools publish them; the definition of
  // a word is ours (DESIGN, Near-duplicates).
  const auto preset = [](std::string name, std::string unit, std::string shingle, std::string bands,
                         std::string rows, std::string threshold) {
    return Preset{std::move(name),
                  {{"unit", std::move(unit)},
                   {"shingle", std::move(shingle)},
                   {"bands", std::move(bands)},
                   {"rows", std::move(rows)},
                   {"threshold", std::move(threshold)}}};
  };
  return {.name = "dedup.minhash",
          .help = "keeps one of the documents that are verified to be near-duplicates",
          .parameters = {{.name = "preset",
                          .kind = Kind::choice,
                          .default_value = "dolma3",
                          .help = "fills unit, shingle, bands, rows and threshold where not set",
                          .affects = Affects::others,
                          .choices = {"fineweb", "dolma3", "bigcode", "nemo", "lee2021"}},
                         {.name = "unit",
                          .kind = Kind::choice,
                          .help = "what a shingle is made of",
                          .choices = {"words", "characters"}},
                         {.name = "shingle",
                          .kind = Kind::integer,
                          .unit = "words or characters",
                          .help = "length of a shingle",
                          .minimum = "1",
                          .maximum = "1000"},
                         {.name = "bands",
                          .kind = Kind::integer,
                          .help = "bands of a signature; more find more",
                          .minimum = "1",
                          .maximum = "10000"},
                         {.name = "rows",
                          .kind = Kind::integer,
                          .unit = "minima",
                          .help = "minima of one band; more find less",
                          .minimum = "1",
                          .maximum = "1000"},
                         {.name = "threshold",
                          .kind = Kind::decimal,
                          .help = "least similarity of a duplicate",
                          .minimum = "0",
                          .maximum = "1",
                          .above_minimum = true},
                         {.name = "measure",
                          .kind = Kind::choice,
                          .default_value = "jaccard",
                          .help = "similarity of two sets of shingles",
                          .choices = {"jaccard", "containment"}},
                         {.name = "verify",
                          .kind = Kind::boolean,
                          .default_value = "true",
                          .help = "compute the exact similarity of every candidate"},
                         cluster_parameter(),
                         keep_parameter(),
                         against_parameter(),
                         {.name = "seed",
                          .kind = Kind::integer,
                          .help = "of the hash functions",
                          .minimum = "0",
                          .job_default = "seed"},
                         {.name = "bucket_head",
                          .kind = Kind::integer,
                          .default_value = "256",
                          .unit = "documents",
                          .help = "best of a bucket, which are compared with all others in it",
                          .minimum = "1",
                          .maximum = "1000000"}},
          .works = Works::global,
          .presets = {preset("fineweb", "words", "5", "14", "8", "0.75"),
                      preset("dolma3", "words", "5", "26", "11", "0.8"),
                      preset("bigcode", "words", "5", "25", "10", "0.7"),
                      preset("nemo", "characters", "24", "20", "13", "0.8"),
                      preset("lee2021", "words", "5", "450", "20", "0.8")}};
}

OperatorDeclaration split() {
  return {.name = "split",
          .help = "divides the documents into train, validation, test, …",
          .parameters = {{.name = "fractions",
                          .kind = Kind::decimal_map,
                          .help = "NAME: share of all documents; the shares sum to exactly 1",
                          .required = true,
                          .minimum = "0",
                          .maximum = "1",
                          .above_minimum = true,
                          .spread = true,
                          .fault = split_name_fault},
                         {.name = "by",
                          .kind = Kind::choice,
                          .default_value = "cluster",
                          .help = "what stays together",
                          .choices = {"cluster", "document"}},
                         {.name = "group_by",
                          .kind = Kind::text_list,
                          .help = "columns: documents that share a value of any stay together too",
                          .fault = lineage_column_fault}},
          .works = Works::global,
          .fault = split_fault};
}

}  // namespace

Parameter keep_parameter() {
  return {.name = "keep",
          .kind = Kind::text_list,
          .help =
              "who stays, best first: source, longest, shortest, newest:COLUMN, "
              "highest:COLUMN, lowest:COLUMN; then the document read first",
          .at_most = 3,
          .fault = keep_fault};
}

Parameter against_parameter() {
  return {.name = "against",
          .kind = Kind::path_list,
          .help = "published datasets (DIR, DIR@N or DIR@TAG); drop what they already have"};
}

Parameter cluster_parameter() {
  return {.name = "cluster",
          .kind = Kind::choice,
          .default_value = "witness",
          .help = "drop only beside a kept witness, or all of a component but one",
          .choices = {"witness", "components"}};
}

std::string keep_fault(const std::string& entry) {
  if (entry == "source" || entry == "longest" || entry == "shortest") return "";
  const std::size_t colon = entry.find(':');
  const std::string rule = entry.substr(0, colon);
  if (rule == "newest" || rule == "highest" || rule == "lowest") {
    const bool column = colon != std::string::npos && colon + 1 < entry.size();
    if (!column) return "`" + rule + "` needs a column: " + rule + ":COLUMN";
    if (entry.substr(colon + 1) == "source") return "the order of sources is the rule `source`";
    return "";
  }
  return "unknown keep rule `" + entry + "`" +
         suggestion(rule, {"source", "longest", "shortest", "newest", "highest", "lowest"});
}

const std::vector<OperatorDeclaration>& operator_declarations() {
  static const std::vector<OperatorDeclaration> declarations = {normalize(),
                                                                filter(),
                                                                exclude(),
                                                                embed_declaration(),
                                                                dedup_exact(),
                                                                dedup_minhash(),
                                                                semantic_declaration(),
                                                                nearest_declaration(),
                                                                join_declaration(),
                                                                aggregate_declaration(),
                                                                decontaminate_declaration(),
                                                                tokenize_declaration(),
                                                                split()};
  return declarations;
}

const OperatorDeclaration* find_operator(std::string_view name) {
  for (const OperatorDeclaration& declaration : operator_declarations()) {
    if (declaration.name == name) return &declaration;
  }
  return nullptr;
}

bool finds_near_duplicates(std::string_view name) {
  return name == "dedup.minhash" || name == "dedup.semantic";
}

std::vector<std::string> operator_names() {
  std::vector<std::string> names;
  for (const OperatorDeclaration& declaration : operator_declarations()) {
    names.push_back(declaration.name);
  }
  return names;
}

}  // namespace shardmill
