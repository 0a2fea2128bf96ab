#include "jobs/spec/declarations.hpp"

namespace shardmill {
namespace {

using Fault = std::pair<std::string, std::string>;

std::string column_fault(const std::string& column) {
  if (column == "id" || column == "source" || column == "text") {
    return "`" + column + "` holds text, no vectors";
  }
  return "";
}

// Which settings go with which source of vectors.
Fault embed_fault(const Settings& settings) {
  const std::string& from = settings.text("from");
  const auto needs = [&](const char* name) { return !settings.has(name); };
  if (from == "column" && needs("of")) return {"from", "from: column needs `of`, the column"};
  if (from != "column" && settings.has("of")) return {"of", "`of` goes with from: column only"};
  return {};
}

}  // namespace

OperatorDeclaration embed_declaration() {
  return {.name = "embed",
          .help = "gives documents a column of vectors",
          .parameters = {{.name = "from",
                          .kind = Kind::choice,
                          .help = "where vectors come from",
                          .required = true,
                          .choices = {"column"}},
                         {.name = "column",
                          .kind = Kind::text,
                          .help = "its name; that of `of` takes its place",
                          .required = true,
                          .fault = column_fault},
                         {.name = "normalize",
                          .kind = Kind::boolean,
                          .default_value = "true",
                          .help = "divide each vector by its length"},
                         {.name = "of",
                          .kind = Kind::text,
                          .help = "of column: the column that holds arrays of numbers",
                          .fault = column_fault}},
          .fault = embed_fault};
}

}  // namespace shardmill
