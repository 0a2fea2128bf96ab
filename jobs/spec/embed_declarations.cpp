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

Fault embed_fault(const Settings& settings) {
  const std::string& from = settings.text("from");
  if (from == "column" && !settings.has("of")) {
    return {"from", "from: column needs `of`, the column"};
  }
  if (from != "column" && settings.has("of")) return {"of", "`of` goes with from: column only"};
  return vector_fault(settings, "from", from);
}

}  // namespace

Fault vector_fault(const Settings& settings, const std::string& chosen_by,
                   const std::string& from) {
  const auto needs = [&](const char* name) { return !settings.has(name); };
  const auto is = [&](const char* value) { return chosen_by + ": " + value; };
  if ((from == "command") == settings.list("command").empty()) {
    return {from == "command" ? chosen_by : "command",
            from == "command" ? is("command") + " needs `command`, a program and its arguments"
                              : "`command` goes with " + is("command") + " only"};
  }
  if (from == "command" && needs("dimensions")) {
    return {chosen_by, is("command") + " needs `dimensions`, the length of its vectors"};
  }
  if (settings.has("dimensions") && from != "hashed" && from != "command") {
    return {"dimensions", from.empty()
                              ? "`dimensions` goes with `" + chosen_by + "`"
                              : "the vectors have the length that they have; leave it out"};
  }
  for (const char* name : {"vectors", "words"}) {
    if (from != "static" && settings.has(name)) {
      return {name, "`" + std::string(name) + "` goes with " + is("static") + " only"};
    }
  }
  if (from != "static" && from != "hashed" && settings.has("frequencies")) {
    return {"frequencies", "`frequencies` goes with " + is("hashed") + " and static only"};
  }
  if (from != "static" && settings.integer("components") > 0) {
    return {"components", "`components` goes with " + is("static") + " only"};
  }
  if (from != "static") return {};
  if (needs("vectors")) return {chosen_by, is("static") + " needs `vectors`, a file"};
  const bool matrix = settings.text("vectors").ends_with(".safetensors");
  if (matrix == needs("words")) {
    return {matrix ? "vectors" : "words",
            matrix ? "a .safetensors file has no words: name a file of them in `words`"
                   : "`words` goes with a .safetensors file; others have the words beside the "
                     "numbers"};
  }
  return {};
}

std::vector<Parameter> vector_parameters() {
  return {{.name = "dimensions",
           .kind = Kind::integer,
           .unit = "numbers",
           .help = "of hashed (256) and command: length of a vector",
           .minimum = "1",
           .maximum = "32768"},
          {.name = "vectors",
           .kind = Kind::path,
           .help = "of static: word vectors as text or .safetensors"},
          {.name = "words",
           .kind = Kind::path,
           .help = "of static: the words of a .safetensors file, one a line"},
          {.name = "smoothing",
           .kind = Kind::decimal,
           .default_value = "0.001",
           .help = "of static: a word of probability p counts a / (a + p)",
           .minimum = "0",
           .above_minimum = true},
          {.name = "components",
           .kind = Kind::integer,
           .default_value = "0",
           .help = "of static: common directions that are taken out of the words",
           .minimum = "0",
           .maximum = "16"},
          {.name = "frequencies",
           .kind = Kind::path,
           .help = "of hashed and static: a file of words and how often they occur"},
          {.name = "command",
           .kind = Kind::text_list,
           .help = "of command: the program and its arguments",
           .is_command = true},
          {.name = "batch",
           .kind = Kind::integer,
           .default_value = "64",
           .unit = "documents",
           .help = "of command: documents it gets before its answer is awaited",
           .minimum = "1",
           .maximum = "65536"},
          {.name = "time_limit",
           .kind = Kind::integer,
           .default_value = "60",
           .unit = "seconds",
           .help = "of command: for the answer to a batch",
           .affects = Affects::speed,
           .minimum = "1",
           .maximum = "86400"}};
}

OperatorDeclaration embed_declaration() {
  OperatorDeclaration step = {
      .name = "embed",
      .help = "gives documents a column of vectors",
      .parameters = {{.name = "from",
                      .kind = Kind::choice,
                      .help = "where vectors come from",
                      .required = true,
                      .choices = {"column", "hashed", "static", "command"}},
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
  for (const Parameter& parameter : vector_parameters()) step.parameters.push_back(parameter);
  return step;
}

}  // namespace shardmill
