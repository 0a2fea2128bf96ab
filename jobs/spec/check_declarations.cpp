// What the section `checks` may hold.
#include "jobs/spec/declarations.hpp"
#include "operators/text/pattern.hpp"

namespace shardmill {
namespace {

using Fault = std::pair<std::string, std::string>;

std::string regex_fault(const std::string& regex) {
  const std::string fault = Pattern::fault(regex);
  return fault.empty() ? "" : "`" + regex + "` is no regular expression: " + fault;
}

// Of `min` and `max`: one at least, in order.
Fault bounds_fault(const Settings& settings) {
  const bool low = settings.has("min");
  const bool high = settings.has("max");
  if (!low && !high) return {"min", "give `min`, `max` or both"};
  if (!low || !high) return {};
  const auto minimum = Decimal::parse(settings.shown("min"));
  const auto maximum = Decimal::parse(settings.shown("max"));
  if (minimum && maximum && *maximum < *minimum) {
    return {"max", "max " + settings.shown("max") + " is below min " + settings.shown("min")};
  }
  return {};
}

Parameter column() {
  return {
      .name = "column", .kind = Kind::text, .help = "of the published documents", .required = true};
}

Parameter share_at_least(const char* name, const char* default_value, const char* help) {
  return {.name = name,
          .kind = Kind::decimal,
          .default_value = default_value,
          .help = help,
          .required = std::string(default_value).empty(),
          .minimum = "0",
          .maximum = "1"};
}

Parameter share_at_most(const char* help, bool bounded = true) {
  return {.name = "max",
          .kind = Kind::decimal,
          .help = help,
          .required = true,
          .minimum = "0",
          .maximum = bounded ? "1" : ""};
}

Parameter source(const char* help) { return {.name = "source", .kind = Kind::text, .help = help}; }

OperatorDeclaration declared(std::string name, std::string help, std::vector<Parameter> parameters,
                             Fault (*fault)(const Settings&) = nullptr) {
  parameters.push_back({.name = "level",
                        .kind = Kind::choice,
                        .default_value = "error",
                        .help = "error: a snapshot that fails is not published; warn: it is told",
                        .choices = {"error", "warn"}});
  parameters.push_back({.name = "name",
                        .kind = Kind::text,
                        .help = "what the check is called, unless check:column"});
  for (Parameter& parameter : parameters) parameter.affects = Affects::speed;
  OperatorDeclaration declaration;
  declaration.name = std::move(name);
  declaration.help = std::move(help);
  declaration.parameters = std::move(parameters);
  declaration.fault = fault;
  return declaration;
}

std::vector<OperatorDeclaration> of_columns() {
  const Parameter values_inside =
      share_at_least("share", "1", "of the values that are there, at least this share");
  return {
      declared("completeness", "the share of documents that have the column",
               {column(), share_at_least("min", "", "least share")}),
      declared("uniqueness", "different values for each document that has one",
               {column(), share_at_least("min", "1", "least share")}),
      declared("in_range", "numbers within bounds; what is no number is outside",
               {column(),
                {.name = "min", .kind = Kind::decimal, .help = "smallest number"},
                {.name = "max", .kind = Kind::decimal, .help = "largest number"},
                values_inside},
               bounds_fault),
      declared("in_set", "values out of a list",
               {column(),
                {.name = "values",
                 .kind = Kind::text_list,
                 .help = "texts, numbers, true or false",
                 .required = true},
                values_inside}),
      declared("pattern", "texts in which a regular expression is found; what is no text has none",
               {column(),
                {.name = "regex",
                 .kind = Kind::text,
                 .help = "as ICU, Java and Perl have it; ^ and $ are the ends of the text",
                 .required = true,
                 .fault = regex_fault},
                values_inside}),
      declared("quantile",
               "a quantile of numbers; of a column without numbers, of the bytes of its texts",
               {column(),
                {.name = "q",
                 .kind = Kind::decimal,
                 .help = "0.5 is the median",
                 .required = true,
                 .minimum = "0",
                 .maximum = "1"},
                {.name = "min", .kind = Kind::decimal, .help = "smallest, to 1 part in 128"},
                {.name = "max", .kind = Kind::decimal, .help = "largest, to 1 part in 128"}},
               bounds_fault),
      declared("drift", "how far the values are from those of the snapshot before",
               {column(),
                {.name = "measure",
                 .kind = Kind::choice,
                 .default_value = "js",
                 .help = "js: Jensen-Shannon divergence in bits; psi: population stability index; "
                         "ks: Kolmogorov-Smirnov distance",
                 .choices = {"js", "psi", "ks"}},
                share_at_most("most", false)})};
}

std::vector<OperatorDeclaration> of_documents() {
  const Parameter count{.name = "min", .kind = Kind::integer, .help = "fewest", .minimum = "0"};
  Parameter most = count;
  most.name = "max";
  most.help = "most";
  return {
      declared(
          "row_count", "documents kept",
          {count, most, {.name = "split", .kind = Kind::text, .help = "only those of this split"}},
          bounds_fault),
      declared("dup_rate", "the share of documents that dedup steps drop",
               {share_at_most("largest share")}),
      declared("contamination_rate",
               "the share of documents in which decontaminate finds a benchmark item",
               {share_at_most("largest share")}),
      declared(
          "removal_share", "the share of a source's documents that are dropped, of each source",
          {share_at_most("largest share"),
           source("only this one"),
           {.name = "step", .kind = Kind::text, .help = "dropped by this step, unless by any"}}),
      declared("change_vs_previous",
               "change against the snapshot before, as a share of what it had",
               {{.name = "of",
                 .kind = Kind::choice,
                 .default_value = "documents_kept",
                 .help = "what is counted",
                 .choices = {"documents_in", "documents_kept"}},
                source("only documents of this one"),
                share_at_most("largest change, up or down", false)})};
}

}  // namespace

const std::vector<OperatorDeclaration>& check_declarations() {
  static const std::vector<OperatorDeclaration> all = [] {
    std::vector<OperatorDeclaration> checks = of_documents();
    for (OperatorDeclaration& check : of_columns()) checks.push_back(std::move(check));
    return checks;
  }();
  return all;
}

}  // namespace shardmill
