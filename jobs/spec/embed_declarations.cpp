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

// What a setting goes with, when it does not go with every source of vectors.
struct GoesWith {
  const char* name;
  std::vector<std::string> from;
};

const std::vector<GoesWith>& what_goes_with_what() {
  static const std::vector<GoesWith> all = {
      {"of", {"column"}},
      {"command", {"command"}},
      {"vectors", {"static", "npy"}},
      {"words", {"static"}},
      {"ids", {"npy"}},
      {"frequencies", {"hashed", "static"}},
      {"components", {"static"}},
      {"chunk", {"hashed", "static", "command"}},
  };
  return all;
}

// Whether somebody has asked for it.
bool is_given(const Settings& settings, const std::string& name) {
  if (name == "command") return !settings.list(name).empty();
  if (name == "components" || name == "chunk") {
    return settings.has(name) && settings.integer(name) > 0;
  }
  return settings.has(name);
}

Fault embed_fault(const Settings& settings) {
  const std::string& from = settings.text("from");
  const auto lacking = [&](const char* name, const char* what) -> Fault {
    return {"from", "from: " + from + " needs `" + name + "`, " + what};
  };
  if (from == "column" && !settings.has("of")) return lacking("of", "the column");
  if (from == "npy" && !settings.has("vectors")) return lacking("vectors", "a file");
  if (from == "npy" && !settings.has("ids")) return lacking("ids", "a file with an id a line");
  if (settings.integer("overlap") > 0 && settings.integer("overlap") >= settings.integer("chunk")) {
    return {"overlap", "`overlap` must be smaller than `chunk`, " +
                           std::to_string(settings.integer("chunk")) + " words"};
  }
  return vector_fault(settings, "from", from);
}

}  // namespace

Fault vector_fault(const Settings& settings, const std::string& chosen_by,
                   const std::string& from) {
  const auto needs = [&](const char* name) { return !is_given(settings, name); };
  const auto lacking = [&](const char* name, const char* what) -> Fault {
    return {chosen_by, chosen_by + ": " + from + " needs `" + name + "`, " + what};
  };
  if (from == "command" && needs("command")) {
    return lacking("command", "a program and its arguments");
  }
  if (from == "command" && needs("dimensions")) {
    return lacking("dimensions", "the length of its vectors");
  }
  if (from == "static" && needs("vectors")) return lacking("vectors", "a file");
  if (settings.has("dimensions") && from != "hashed" && from != "command") {
    return {"dimensions", from.empty()
                              ? "`dimensions` goes with `" + chosen_by + "`"
                              : "the vectors have the length that they have; leave it out"};
  }
  for (const GoesWith& setting : what_goes_with_what()) {
    if (!is_given(settings, setting.name)) continue;
    std::string listed;
    bool fits = false;
    for (const std::string& one : setting.from) {
      const bool last = one == setting.from.back();
      listed += (listed.empty() ? "" : last ? " and " : ", ") + one;
      fits |= one == from;
    }
    if (fits) continue;
    return {setting.name,
            "`" + std::string(setting.name) + "` goes with " + chosen_by + ": " + listed + " only"};
  }
  if (from != "static") return {};
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
           .help = "of static: word vectors as text or .safetensors; of npy: the matrix"},
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
           .unit = "texts",
           .help = "of command: texts it gets before its answer is awaited",
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
                      .choices = {"column", "npy", "hashed", "static", "command"}},
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
                      .fault = column_fault},
                     {.name = "ids",
                      .kind = Kind::path,
                      .help = "of npy: the documents of its rows, an id a line"},
                     {.name = "chunk",
                      .kind = Kind::integer,
                      .default_value = "0",
                      .unit = "words",
                      .help = "of hashed, static and command: cut texts, and take the mean of "
                              "their parts; 0: the whole text",
                      .minimum = "0",
                      .maximum = "1000000"},
                     {.name = "overlap",
                      .kind = Kind::integer,
                      .default_value = "0",
                      .unit = "words",
                      .help = "that a chunk has in common with the one before it",
                      .minimum = "0",
                      .maximum = "999999"}},
      .fault = embed_fault};
  for (const Parameter& parameter : vector_parameters()) step.parameters.push_back(parameter);
  return step;
}

}  // namespace shardmill
