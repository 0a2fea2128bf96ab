#include "jobs/spec/declarations.hpp"
#include "operators/nearest/flat_search.hpp"

namespace shardmill {
namespace {

using Works = OperatorDeclaration::Works;

constexpr u64 kMostClusters = 1'000'000;

std::string column_fault(const std::string& column) {
  if (column.empty()) return "a column needs a name";
  if (column != "id" && column != "text" && column != "source") return "";
  return "`" + column + "` holds no vectors; name a column of arrays of numbers";
}

std::string clusters_fault(const std::string& text) {
  if (text == "auto") return "";
  const bool digits = !text.empty() && text.front() != '0' && text.size() <= 7 &&
                      text.find_first_not_of("0123456789") == std::string::npos;
  if (digits && std::stoull(text) <= kMostClusters) return "";
  return "expected `auto` or a number of clusters from 1 to " + std::to_string(kMostClusters) +
         "; found " + text;
}

bool by_centroid(const std::string& entry) { return entry == "hard" || entry == "easy"; }

std::string semantic_keep_fault(const std::string& entry) {
  return by_centroid(entry) ? "" : keep_fault(entry);
}

std::pair<std::string, std::string> semantic_fault(const Settings& settings) {
  const std::vector<std::string>& keep = settings.list("keep");
  for (const std::string& entry : keep) {
    if (by_centroid(entry) && keep.size() > 1) {
      return {"keep", "`" + entry + "` stands alone: two documents are hardly ever as near"};
    }
  }
  if (settings.boolean("chain") && settings.text("cluster") == "components") {
    return {"chain", "cluster: components has no chain: all of a component go but one"};
  }
  return {};
}

Parameter semantic_keep() {
  Parameter keep = keep_parameter();
  keep.help += "; or hard, easy: farthest from, nearest to its centroid first";
  keep.fault = semantic_keep_fault;
  return keep;
}

Parameter column_parameter() {
  return {.name = "column",
          .kind = Kind::text,
          .help = "a column of vectors: arrays of numbers, all of one length",
          .required = true,
          .fault = column_fault};
}

Parameter clusters_parameter() {
  return {.name = "clusters",
          .kind = Kind::text,
          .default_value = "auto",
          .help =
              "vectors are compared within clusters; auto: 1 up to 10,000 vectors, "
              "else the root of their number",
          .fault = clusters_fault};
}

Parameter probes_parameter(std::string clusters) {
  return {.name = "probes",
          .kind = Kind::integer,
          .default_value = std::move(clusters),
          .unit = "clusters",
          .help = "nearest clusters in which a vector is compared; more find more",
          .minimum = "1",
          .maximum = "64"};
}

Parameter iterations_parameter() {
  return {.name = "iterations",
          .kind = Kind::integer,
          .default_value = "10",
          .help = "of k-means, by which clusters are found",
          .minimum = "0",
          .maximum = "1000"};
}

Parameter sample_seed_parameter() {
  return {.name = "seed",
          .kind = Kind::integer,
          .help = "of the sample by which clusters are found",
          .minimum = "0",
          .job_default = "seed"};
}

}  // namespace

std::string lacking_for_vectors() {
  return FlatSearch::available()
             ? ""
             : "FAISS, and was built without; install libfaiss-dev and libopenblas0, and "
               "build again";
}

OperatorDeclaration semantic_declaration() {
  return {.name = "dedup.semantic",
          .help = "keeps one of the documents whose vectors point the same way",
          .parameters = {column_parameter(),
                         {.name = "threshold",
                          .kind = Kind::decimal,
                          .default_value = "0.95",
                          .help = "least cosine of a duplicate, in whole millionths",
                          .minimum = "0",
                          .maximum = "1",
                          .above_minimum = true},
                         clusters_parameter(),
                         probes_parameter("2"),
                         iterations_parameter(),
                         {.name = "neighbours",
                          .kind = Kind::integer,
                          .default_value = "256",
                          .unit = "documents",
                          .help = "best similar ones that a document is paired with in a cluster",
                          .minimum = "1",
                          .maximum = "1000000"},
                         cluster_parameter(),
                         against_parameter(),
                         {.name = "chain",
                          .kind = Kind::boolean,
                          .default_value = "false",
                          .help = "a document also goes beside a better one that goes itself"},
                         semantic_keep(),
                         sample_seed_parameter(),
                         {.name = "name",
                          .kind = Kind::text,
                          .default_value = "semantic",
                          .help = "of the table NAME_recall that it makes",
                          .fault = table_name_fault}},
          .works = Works::global,
          .version = 2,
          .fault = semantic_fault,
          .lacks = lacking_for_vectors()};
}

OperatorDeclaration nearest_declaration() {
  Parameter against = against_parameter();
  against.help = "published datasets (DIR, DIR@N or DIR@TAG) in which neighbours are looked for";
  against.required = true;
  return {.name = "nearest",
          .help = "adds the nearest documents of another dataset by their vectors",
          .parameters = {column_parameter(),
                         std::move(against),
                         {.name = "k",
                          .kind = Kind::integer,
                          .default_value = "10",
                          .unit = "documents",
                          .help = "neighbours of a document, nearest first",
                          .minimum = "1",
                          .maximum = "100"},
                         {.name = "name",
                          .kind = Kind::text,
                          .default_value = "nearest",
                          .help = "of what it adds: the columns NAME_ids and NAME_scores, and the "
                                  "table NAME_recall",
                          .fault = table_name_fault},
                         clusters_parameter(),
                         probes_parameter("8"),
                         iterations_parameter(),
                         sample_seed_parameter()},
          .works = Works::global,
          .lacks = lacking_for_vectors()};
}

}  // namespace shardmill
