// The step that finds items of benchmarks.
#include <algorithm>

#include "engine/plan/spelling.hpp"
#include "jobs/spec/declarations.hpp"
#include "operators/contamination/decontaminate.hpp"

namespace shardmill {
namespace {

std::string score_fault(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& [known, score] : kScoreNames) {
    if (known == name) return "";
    names.emplace_back(known);
  }
  return "no score `" + name + "`" + suggestion(name, names);
}

std::string share_fault(const std::string& text) {
  const std::size_t point = text.find('.');
  const bool fine = point == std::string::npos || text.size() - point - 1 <= 4;
  return fine ? "" : "`" + text + "`: at most four decimals";
}

Parameter words(const char* name, const char* default_value, const char* help) {
  return {.name = name,
          .kind = Kind::integer,
          .default_value = default_value,
          .unit = "words",
          .help = help,
          .minimum = "1",
          .maximum = "1000"};
}

Parameter share(const char* name, const char* default_value, const char* help) {
  return {.name = name,
          .kind = Kind::decimal,
          .default_value = default_value,
          .help = help,
          .minimum = "0",
          .maximum = "1",
          .above_minimum = true,
          .fault = share_fault};
}

std::pair<std::string, std::string> decontaminate_fault(const Settings& settings) {
  const std::vector<std::string>& decide = settings.list("decide");
  if (decide.empty()) return {"decide", "needs at least one score"};
  const bool has_vectors = settings.has("embed");
  if (!has_vectors && std::find(decide.begin(), decide.end(), "embedding") != decide.end()) {
    return {"decide", "`embedding` needs `embed`, which says what vectors are made of"};
  }
  const auto fault = vector_fault(settings, "embed", has_vectors ? settings.text("embed") : "");
  if (!fault.first.empty()) return fault;
  if (has_vectors && !lacking_for_vectors().empty()) {
    return {"embed", "`embed` needs " + lacking_for_vectors()};
  }
  return table_fault(settings);
}

Preset preset(const char* name, const char* decide, const char* n) {
  return {name, {{"decide", decide}, {"n", n}, {"coverage_n", "8"}, {"coverage", "0.8"}}};
}

}  // namespace

OperatorDeclaration decontaminate_declaration() {
  OperatorDeclaration step = {
      .name = "decontaminate",
      .help = "finds benchmark items in documents, and drops these or reports them",
      .parameters =
          {{.name = "against",
            .kind = Kind::path_list,
            .help = "a name of `tables`, or the benchmarks' files or patterns; a benchmark "
                    "is named by its file, up to the first dot",
            .required = true},
           {.name = "question",
            .kind = Kind::text,
            .help = "field of an item that is searched for; not set: `question`, or `text` "
                    "where there is none"},
           {.name = "answer",
            .kind = Kind::text,
            .help = "field of an item that the score idf looks for behind it; not set: `answer`"},
           {.name = "passage",
            .kind = Kind::text,
            .help = "field of an item that the score idf looks for around it; not set: "
                    "`passage`, or `context` where there is none"},
           {.name = "id",
            .kind = Kind::text,
            .help = "field that names an item; not set: `id`, or its row in the file"},
           {.name = "action",
            .kind = Kind::choice,
            .default_value = "drop_document",
            .help = "what is done with documents that hold an item",
            .choices = {"drop_document", "report", "cut_span"}},
           {.name = "preset",
            .kind = Kind::choice,
            .default_value = "shardmill",
            .help = "fills decide, n, coverage_n and coverage where they are not set; the others "
                    "do as the named work",
            .choices = {"shardmill", "gpt3", "fineweb", "llama3", "decon"}},
           {.name = "decide",
            .kind = Kind::text_list,
            .help = "the scores of which one is enough: aligned, part, short, ngram, coverage, "
                    "idf, embedding",
            .fault = score_fault},
           share("aligned", "0.7", "of an item's words, rare ones weighing more, in order"),
           share("aligned_short", "0.9",
                 "the same of an item of three words; up to n words a straight "
                 "line between the two"),
           share("part", "0.5", "of an item's words in one piece, unedited"),
           words("part_words", "6", "in that piece at least"),
           words("n", "", "of an n-gram; items with fewer are short"),
           {.name = "ngrams",
            .kind = Kind::integer,
            .default_value = "1",
            .help = "n-grams of an item that stand in the document, for the score ngram",
            .minimum = "1"},
           words("coverage_n", "", "of an n-gram for the score coverage"),
           share("coverage", "", "of an item's n-grams, for the score coverage"),
           share("idf", "0.8",
                 "for the score idf, of items of 50 words and more; of 20 words all, between "
                 "them a straight line"),
           {.name = "embed",
            .kind = Kind::choice,
            .help = "of what the vectors of items and of parts of documents are made, for the "
                    "score embedding; not set: there is no such score",
            .choices = {"hashed", "static", "command"}},
           share("embedding", "0.85", "least cosine of the two, for the score embedding"),
           {.name = "margin",
            .kind = Kind::integer,
            .default_value = "30",
            .unit = "words",
            .help = "before and behind an item that cut_span cuts out with it",
            .minimum = "0"},
           {.name = "min_rest",
            .kind = Kind::integer,
            .default_value = "30",
            .unit = "words",
            .help = "cut_span cuts shorter pieces of text too; a document of which nothing is "
                    "left is dropped",
            .minimum = "1"},
           {.name = "max_cuts",
            .kind = Kind::integer,
            .default_value = "10",
            .help = "a document that cut_span would cut more often is dropped",
            .minimum = "1"},
           {.name = "exempt",
            .kind = Kind::text_list,
            .help = "items, as BENCHMARK/ID, that are reported and drop nothing"},
           {.name = "planted",
            .kind = Kind::integer,
            .default_value = "400",
            .help = "items that are edited, planted in documents and searched for, to say how "
                    "much the search finds; 0: none",
            .minimum = "0",
            .maximum = "10000"},
           {.name = "name",
            .kind = Kind::text,
            .default_value = "contamination",
            .help = "of the table of all items and, with endings, of the others, below tables/",
            .fault = table_name_fault}},
      .works = OperatorDeclaration::Works::global,
      .version = 5,
      .presets = {preset("shardmill", "[aligned, part, short]", "13"),
                  preset("gpt3", "[ngram]", "13"), preset("fineweb", "[ngram]", "12"),
                  preset("llama3", "[coverage]", "13"), preset("decon", "[idf]", "13")},
      .table_parameter = "against",
      .fault = decontaminate_fault};
  for (const auto& more : {vector_parameters(), table_parameters()}) {
    step.parameters.insert(step.parameters.end(), more.begin(), more.end());
  }
  return step;
}

}  // namespace shardmill
