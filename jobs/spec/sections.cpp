// The parts of a job file that are not steps.
#include "jobs/spec/declarations.hpp"

namespace shardmill {
namespace {

std::string name_fault(const std::string& name) {
  const bool good = !name.empty() && name.find_first_not_of(
                                         "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                         "0123456789._-") == std::string::npos;
  return good ? "" : "`" + name + "` is no name: letters, digits and . _ - only";
}

std::string column_fault(const std::string& column) {
  if (column.empty()) return "a column needs a name";
  return column == "source" ? "the column `source` is always the job's name of the source" : "";
}

}  // namespace

const Section& job_section() {
  static const Section section = {
      "the job",
      {{.name = "dataset",
        .kind = Kind::text,
        .help = "name of the dataset",
        .required = true,
        .fault = name_fault},
       {.name = "output", .kind = Kind::path, .help = "directory of the dataset", .required = true},
       {.name = "seed",
        .kind = Kind::integer,
        .default_value = "0",
        .help = "of the order, the splits and the hash functions",
        .minimum = "0"},
       {.name = "publish",
        .kind = Kind::choice,
        .default_value = "auto",
        .help = "auto: a new snapshot becomes `current`; manual: `shardmill publish` does that",
        .choices = {"auto", "manual"}}}};
  return section;
}

const Section& source_section() {
  static const Section section = {
      "source",
      {{.name = "name",
        .kind = Kind::text,
        .help = "fills the column `source`",
        .required = true,
        .fault = name_fault},
       {.name = "read",
        .kind = Kind::path_list,
        .help = "files or patterns: * ? [] and ** for any depth",
        .required = true},
       {.name = "format",
        .kind = Kind::choice,
        .default_value = "jsonl",
        .help =
            "jsonl, csv, tsv, hdf5, text (a file is a document), or command (its output is jsonl)",
        .choices = {"jsonl", "csv", "tsv", "hdf5", "text", "command"}},
       {.name = "columns",
        .kind = Kind::text_map,
        .help = "column: field of the input",
        .fault = column_fault},
       {.name = "types",
        .kind = Kind::text_map,
        .help = "of csv and tsv, input field: utf8, int64, float64 or bool; others are guessed"},
       {.name = "group",
        .kind = Kind::text,
        .default_value = "/",
        .help = "of hdf5: the group that holds the datasets"},
       {.name = "fields",
        .kind = Kind::text_list,
        .help = "of hdf5: the datasets to read, unless all"},
       {.name = "command",
        .kind = Kind::text_list,
        .help = "program and arguments, run once per file with its path as the last",
        .is_command = true},
       {.name = "max_record",
        .kind = Kind::size,
        .default_value = "16MiB",
        .unit = "bytes",
        .help = "longer records are quarantined",
        .minimum = "1"}}};
  return section;
}

const Section& tolerate_section() {
  static const Section section = {"tolerate",
                                  {{.name = "files",
                                    .kind = Kind::integer,
                                    .default_value = "0",
                                    .unit = "files",
                                    .help = "unreadable files per source before the run fails",
                                    .minimum = "0"},
                                   {.name = "records",
                                    .kind = Kind::decimal,
                                    .default_value = "0.001",
                                    .help = "share of bad records per source",
                                    .minimum = "0",
                                    .maximum = "1"}}};
  return section;
}

const Section& write_text_section() {
  static const Section section = {"write.text",
                                  {{.name = "shard_size",
                                    .kind = Kind::size,
                                    .default_value = "256MiB",
                                    .unit = "bytes",
                                    .help = "most uncompressed bytes of a shard",
                                    .minimum = "1"}}};
  return section;
}

}  // namespace shardmill
