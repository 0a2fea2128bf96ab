// Every kind of mistake in a job file is reported where it stands, with what was expected.
#include "tests/jobs/spec/job_file.hpp"

namespace shardmill {
namespace {

struct Mistake {
  const char* name;
  std::string text;
  std::string message;  // all of it
};
void PrintTo(const Mistake& mistake, std::ostream* out) { *out << mistake.name; }

class JobMistake : public testing::TestWithParam<Mistake> {};

TEST_P(JobMistake, IsReportedWhereItStands) {
  EXPECT_EQ(job_error(GetParam().text), GetParam().message);
}

std::string steps(const std::string& text) { return kHead + "steps:\n" + text; }
std::string source(const std::string& text) {
  return "dataset: d\noutput: o\nsources:\n  - " + text + "\n";
}

INSTANTIATE_TEST_SUITE_P(
    Keys, JobMistake,
    testing::Values(
        Mistake{"unknown_key_of_a_step", steps("  - dedup.minhash:\n      treshold: 0.8\n"),
                "job.yaml:7:7: unknown key `treshold` in step dedup.minhash; did you mean "
                "`threshold`?"},
        Mistake{"a_default_that_does_not_fit", steps("  - join: {with: hosts, on: host}\n"),
                "job.yaml:6:5: step join: kind left adds columns of the table: name them in "
                "`columns`"},
        Mistake{"a_default_of_a_step_on_many_lines",
                steps("  - dedup.exact\n  - join:\n      with: hosts\n      on: host\n"),
                "job.yaml:7:5: step join: kind left adds columns of the table: name them in "
                "`columns`"},
        Mistake{"unknown_key_in_a_flow_map",
                steps("  - normalize: {unicode: nfc, casefold: true}\n"),
                "job.yaml:6:31: unknown key `casefold` in step normalize; did you mean "
                "`case_fold`?"},
        Mistake{"nothing_near_lists_all", steps("  - exclude: {path: x}\n"),
                "job.yaml:6:15: unknown key `path` in step exclude; allowed: ids"},
        Mistake{"unknown_key_at_the_top", kHead + "step: []\n",
                "job.yaml:5:1: unknown key `step` in the job; did you mean `steps`?"},
        Mistake{"unknown_key_of_a_source", source("{name: a, reed: x}"),
                "job.yaml:4:15: unknown key `reed` in source; did you mean `read`?"},
        Mistake{"unknown_key_of_write", kHead + "write:\n  txt: {}\n",
                "job.yaml:6:3: unknown key `txt` in write; did you mean `text`?"},
        Mistake{"unknown_key_of_write_text", kHead + "write:\n  text: {shardsize: 1MiB}\n",
                "job.yaml:6:10: unknown key `shardsize` in write.text; did you mean `shard_size`?"},
        Mistake{"unknown_key_of_tolerate", kHead + "tolerate: {file: 1}\n",
                "job.yaml:5:12: unknown key `file` in tolerate; did you mean `files`?"},
        Mistake{
            "merge_key", kHead + "<<: {a: 1}\n",
            "job.yaml:5:1: unknown key `<<` in the job; allowed: dataset, output, seed, publish, "
            "sources, tables, steps, checks, write, tolerate"},
        Mistake{"repeated_key_at_the_top", kHead + "seed: 1\nseed: 1\n",
                "job.yaml:6:1: the key `seed` is repeated; it was first written at job.yaml:5:1"},
        Mistake{"repeated_key_deep_inside",
                steps("  - dedup.minhash:\n      seed: 1\n      seed: 2\n"),
                "job.yaml:8:7: the key `seed` is repeated; it was first written at job.yaml:7:7"},
        Mistake{"repeated_key_in_a_flow_map", source("{name: a, read: x, name: b}"),
                "job.yaml:4:24: the key `name` is repeated; it was first written at job.yaml:4:6"},
        Mistake{"a_map_as_key", kHead + "{a: 1}: 2\n",
                "job.yaml:5:1: a key must be a name, found a map"},
        Mistake{"missing_dataset", "output: o\nsources: [{name: a, read: x}]\n",
                "job.yaml:1:1: the job needs the key `dataset` (name of the dataset)"},
        Mistake{"missing_sources", "dataset: d\noutput: o\n",
                "job.yaml:1:1: the job needs the key `sources` (a list of what to read)"},
        Mistake{"missing_read", source("{name: a}"),
                "job.yaml:4:5: source needs the key `read` (files or patterns: * ? [] and ** for "
                "any depth)"},
        Mistake{"missing_ids", steps("  - exclude\n"),
                "job.yaml:6:5: step exclude needs the key `ids` (file with one id per line)"}),
    [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Tables, JobMistake,
    testing::Values(
        Mistake{"tables_as_a_list", kHead + "tables: [a]\n",
                "job.yaml:5:9: `tables` is a map from names to what is read, for example {pages: "
                "{read: pages.jsonl}}; found a list"},
        Mistake{"a_table_named_like_a_file", kHead + "tables: {a.csv: {read: a.csv}}\n",
                "job.yaml:5:10: `a.csv`: the name of a table has letters, digits, _ and - only"},
        Mistake{"a_table_of_nothing", kHead + "tables:\n  a:\n",
                "job.yaml:6:3: table a needs the key `read` (files or patterns: * ? [] and ** for "
                "any depth)"},
        Mistake{"a_table_with_a_wrong_key", kHead + "tables: {a: {reads: x}}\n",
                "job.yaml:5:14: unknown key `reads` in table a; did you mean `read`?"},
        Mistake{"types_of_json_lines", kHead + "tables: {a: {read: x, types: {k: utf8}}}\n",
                "job.yaml:5:30: table a: `types` goes with format: csv or tsv only"}),
    [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Values, JobMistake,
    testing::Values(
        Mistake{"yes_is_no_boolean", steps("  - normalize: {case_fold: yes}\n"),
                "job.yaml:6:28: `case_fold` in step normalize: expected true or false (write "
                "true); found `yes`"},
        Mistake{"off_is_no_boolean", steps("  - normalize: {case_fold: Off}\n"),
                "job.yaml:6:28: `case_fold` in step normalize: expected true or false (write "
                "false); found `Off`"},
        Mistake{"a_quoted_boolean", steps("  - normalize: {case_fold: 'true'}\n"),
                "job.yaml:6:28: `case_fold` in step normalize: expected true or false; found the "
                "text \"true\""},
        Mistake{"a_text_for_an_integer", steps("  - dedup.minhash: {bands: many}\n"),
                "job.yaml:6:28: `bands` in step dedup.minhash: expected an integer of at least 1 "
                "and at most 10000; found `many`"},
        Mistake{"a_leading_zero", steps("  - dedup.minhash: {bands: 010}\n"),
                "job.yaml:6:28: `bands` in step dedup.minhash: expected an integer of at least 1 "
                "and at most 10000; found `010`"},
        Mistake{"an_integer_out_of_range", steps("  - dedup.minhash: {bands: 0}\n"),
                "job.yaml:6:28: `bands` in step dedup.minhash: expected a number of at least 1 and "
                "at most 10000; found `0`"},
        Mistake{"a_threshold_of_zero", steps("  - dedup.minhash: {threshold: 0.0}\n"),
                "job.yaml:6:32: `threshold` in step dedup.minhash: expected a number above 0 and "
                "at most 1; found `0.0`"},
        Mistake{"a_threshold_beyond_one",
                steps("  - dedup.minhash: {threshold: 1.000000000000001}\n"),
                "job.yaml:6:32: `threshold` in step dedup.minhash: expected a number above 0 and "
                "at most 1; found `1.000000000000001`"},
        Mistake{"an_exponent", steps("  - dedup.minhash: {threshold: 8e-1}\n"),
                "job.yaml:6:32: `threshold` in step dedup.minhash: expected a decimal number above "
                "0 and at most 1, for example 0.8; found `8e-1`"},
        Mistake{"a_quoted_number", steps("  - dedup.minhash: {threshold: \"0.8\"}\n"),
                "job.yaml:6:32: `threshold` in step dedup.minhash: expected a decimal number above "
                "0 and at most 1, for example 0.8; found the text \"0.8\""},
        Mistake{"a_size_in_megabytes", kHead + "write: {text: {shard_size: 64MB}}\n",
                "job.yaml:5:28: `shard_size` in write.text: expected a size in bytes, for example "
                "64MiB (units: KiB, MiB, GiB, TiB); found `64MB`"},
        Mistake{"a_size_of_nothing", kHead + "write: {text: {shard_size: 0}}\n",
                "job.yaml:5:28: `shard_size` in write.text: expected a number of at least 1; found "
                "`0`"},
        Mistake{"a_misspelt_choice", steps("  - dedup.minhash: {preset: dolma}\n"),
                "job.yaml:6:29: `preset` in step dedup.minhash: expected one of fineweb, dolma3, "
                "bigcode, nemo, lee2021; found `dolma`; did you mean `dolma3`?"},
        Mistake{"an_unknown_format", source("{name: a, read: x, format: parquet}"),
                "job.yaml:4:32: `format` in source: expected one of jsonl, csv, tsv, hdf5, text, "
                "command; found "
                "`parquet`"},
        Mistake{"a_map_for_a_text", "dataset: {a: 1}\n",
                "job.yaml:1:10: `dataset` in the job: expected a text; found a map"},
        Mistake{"a_map_for_a_list", source("{name: a, read: {x: 1}}"),
                "job.yaml:4:21: `read` in source: expected a list; found a map"},
        Mistake{"a_list_in_a_list", source("{name: a, read: [x, [y]]}"),
                "job.yaml:4:25: `read` in source: expected a text; found a list"},
        Mistake{"an_empty_list", source("{name: a, read: []}"),
                "job.yaml:4:21: `read` in source: expected at least one entry; found a list"},
        Mistake{"no_value", "dataset:\noutput: o\n",
                "job.yaml:1:1: `dataset` in the job has no value; leave the key out to get the "
                "default"},
        Mistake{"a_name_with_a_slash", "dataset: a/b\n",
                "job.yaml:1:10: `dataset` in the job: `a/b` is no name: letters, digits and . _ - "
                "only"},
        Mistake{"a_source_name_with_a_space", source("{name: a b, read: x}"),
                "job.yaml:4:12: `name` in source: `a b` is no name: letters, digits and . _ - "
                "only"},
        Mistake{"a_negative_seed", kHead + "seed: -1\n",
                "job.yaml:5:7: `seed` in the job: expected a number of at least 0; found `-1`"},
        Mistake{"records_beyond_one", kHead + "tolerate: {records: 1.5}\n",
                "job.yaml:5:21: `records` in tolerate: expected a number of at least 0 and at most "
                "1; found `1.5`"}),
    [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Structure, JobMistake,
    testing::Values(
        Mistake{"no_sources", "dataset: d\noutput: o\nsources: []\n",
                "job.yaml:3:10: `sources` must be a list of at least one source; found none"},
        Mistake{"sources_as_a_map", "dataset: d\noutput: o\nsources: {a: x}\n",
                "job.yaml:3:10: `sources` must be a list of at least one source; found a map"},
        Mistake{"a_source_as_a_text", source("x.jsonl"),
                "job.yaml:4:5: a source is a map with the keys name and read; found `x.jsonl`"},
        Mistake{"a_repeated_source", source("{name: a, read: x}\n  - {name: a, read: y}"),
                "job.yaml:5:5: the source name `a` is repeated; it was first written at "
                "job.yaml:4:5"},
        Mistake{"a_command_without_its_program", source("{name: a, read: x, format: command}"),
                "job.yaml:4:5: source a: format command needs the key `command`"},
        Mistake{"a_source_command_line",
                source("{name: a, read: x, format: command, command: pdftotext -q}"),
                "job.yaml:4:50: `command` in source: expected a list of a program and its "
                "arguments, for example [pdftotext, -q]; found `pdftotext -q`"},
        Mistake{"a_program_without_its_format", source("{name: a, read: x, command: [cat]}"),
                "job.yaml:4:33: source a: `command` goes with format: command only"},
        Mistake{"types_of_json_lines", source("{name: a, read: x, types: {b: utf8}}"),
                "job.yaml:4:31: source a: `types` goes with format: csv or tsv only"},
        Mistake{"a_group_in_jsonl", source("{name: a, read: x, group: /b}"),
                "job.yaml:4:31: source a: `group` goes with format: hdf5 only"},
        Mistake{"fields_of_csv", source("{name: a, read: x, format: csv, fields: [b]}"),
                "job.yaml:4:45: source a: `fields` goes with format: hdf5 only"},
        Mistake{"a_type_that_is_none", source("{name: a, read: x, format: csv, types: {b: text}}"),
                "job.yaml:4:44: source a: `types` of b: expected utf8, int64, float64 or bool; "
                "found text"},
        Mistake{"a_type_of_the_text",
                source("{name: a, read: x, format: csv, columns: {text: b}, types: {b: int64}}"),
                "job.yaml:4:64: source a: `types` of b: it fills `text`, which is utf8"},
        Mistake{"a_type_of_the_id", source("{name: a, read: x, format: csv, types: {id: int64}}"),
                "job.yaml:4:44: source a: `types` of id: it fills `id`, which is utf8"},
        Mistake{"columns_of_text_files",
                source("{name: a, read: x, format: text, columns: {b: c}}"),
                "job.yaml:4:47: source a: `columns` has no meaning with format: text, whose files "
                "have no fields"},
        Mistake{"a_column_named_source", source("{name: a, read: x, columns: {source: c}}"),
                "job.yaml:4:34: `columns` in source: the column `source` is always the job's name "
                "of the source"},
        Mistake{"an_unknown_step", steps("  - dedup.minhahs: {}\n"),
                "job.yaml:6:5: unknown step `dedup.minhahs`; did you mean `dedup.minhash`?"},
        Mistake{
            "a_step_of_a_later_version", steps("  - dedup.paragraph: {}\n"),
            "job.yaml:6:5: unknown step `dedup.paragraph`; allowed: normalize, filter, exclude, "
            "embed, dedup.exact, dedup.minhash, dedup.semantic, nearest, join, aggregate, "
            "decontaminate, tokenize, split"},
        Mistake{"tokenize_without_either", steps("  - tokenize: {}\n"),
                "job.yaml:6:5: step tokenize: say `encoding` (with its `vocabulary`) or "
                "`tokenizer`, one of the two"},
        Mistake{"tokenize_with_both", steps("  - tokenize: {encoding: bytes, tokenizer: t.json}\n"),
                "job.yaml:6:44: step tokenize: say `encoding` (with its `vocabulary`) or "
                "`tokenizer`, one of the two"},
        Mistake{"encoding_without_file", steps("  - tokenize: {encoding: gpt2}\n"),
                "job.yaml:6:26: step tokenize: an encoding needs its file: `vocabulary`"},
        Mistake{"two_tokenize",
                steps("  - tokenize: {encoding: bytes}\n  - tokenize: {encoding: bytes}\n"),
                "job.yaml:7:5: a second tokenize; the first is at job.yaml:6:5"},
        Mistake{"changed_after_tokenize",
                steps("  - tokenize: {encoding: bytes}\n  - normalize: {}\n"),
                "job.yaml:7:5: normalize must come before tokenize, which is at job.yaml:6:5"},
        Mistake{"tokens_without_tokenize", kHead + "write:\n  tokens: {}\n",
                "job.yaml:6:11: `write.tokens` needs a step `tokenize`"},
        Mistake{"no_column_of_vectors", steps("  - dedup.semantic: {}\n"),
                "job.yaml:6:21: step dedup.semantic needs the key `column` (a column of vectors: "
                "arrays "
                "of numbers, all of one length)"},
        Mistake{"texts_for_vectors", steps("  - dedup.semantic: {column: text}\n"),
                "job.yaml:6:30: `column` in step dedup.semantic: `text` holds no vectors; name a "
                "column of arrays of numbers"},
        Mistake{"many_clusters", steps("  - dedup.semantic: {column: v, clusters: many}\n"),
                "job.yaml:6:43: `clusters` in step dedup.semantic: expected `auto` or a number of "
                "clusters from 1 to 1000000; found many"},
        Mistake{"no_clusters", steps("  - dedup.semantic: {column: v, clusters: 0}\n"),
                "job.yaml:6:43: `clusters` in step dedup.semantic: expected `auto` or a number of "
                "clusters from 1 to 1000000; found 0"},
        Mistake{"hard_beside_others",
                steps("  - dedup.semantic: {column: v, keep: [source, hard]}\n"),
                "job.yaml:6:39: step dedup.semantic: `hard` stands alone: two documents are hardly "
                "ever as near"},
        Mistake{"hard_of_another_step", steps("  - dedup.minhash: {keep: [hard]}\n"),
                "job.yaml:6:28: `keep` in step dedup.minhash: unknown keep rule `hard`; allowed: "
                "source, longest, shortest, newest, highest, lowest"},
        Mistake{"a_chain_of_components",
                steps("  - dedup.semantic: {column: v, cluster: components, chain: true}\n"),
                "job.yaml:6:61: step dedup.semantic: cluster: components has no chain: all of a "
                "component go but one"},
        Mistake{
            "neighbours_of_nothing", steps("  - nearest: {column: v}\n"),
            "job.yaml:6:14: step nearest needs the key `against` (published datasets (DIR, DIR@N "
            "or DIR@TAG) in which neighbours are looked for)"},
        Mistake{"too_many_neighbours", steps("  - nearest: {column: v, against: o, k: 101}\n"),
                "job.yaml:6:41: `k` in step nearest: expected a number of at least 1 and "
                "at most 100; found `101`"},
        Mistake{"a_filter_of_neighbours",
                steps("  - nearest: {column: v, against: o, name: near}\n"
                      "  - filter: {where: near_ids == 1}\n"),
                "job.yaml:7:21: filter reads the column `near_ids`, which nearest at job.yaml:6:5 "
                "adds to what is published; steps see the columns of the input"},
        Mistake{"vectors_that_come_later",
                steps("  - join: {with: t.jsonl, on: id, columns: [v]}\n"
                      "  - dedup.semantic: {column: v}\n"),
                "job.yaml:7:30: dedup.semantic reads the column `v`, which join at job.yaml:6:5 "
                "adds to what is published; steps see the columns of the input"},
        Mistake{"a_score_without_its_vectors",
                steps("  - decontaminate: {against: b, decide: [aligned, embedding]}\n"),
                "job.yaml:6:41: step decontaminate: `embedding` needs `embed`, which "
                "says what vectors are made of"},
        Mistake{"vectors_of_no_file", steps("  - decontaminate: {against: b, embed: static}\n"),
                "job.yaml:6:40: step decontaminate: embed: static needs `vectors`, a "
                "file"},
        Mistake{"vectors_for_no_score", steps("  - decontaminate: {against: b, dimensions: 3}\n"),
                "job.yaml:6:45: step decontaminate: `dimensions` goes with "
                "`embed`"},
        Mistake{"a_misspelt_score", steps("  - decontaminate: {against: b, decide: [algned]}\n"),
                "job.yaml:6:42: `decide` in step decontaminate: no score `algned`; did you mean "
                "`aligned`?"},
        Mistake{"a_share_with_five_decimals",
                steps("  - decontaminate: {against: b, aligned: 0.70001}\n"),
                "job.yaml:6:42: `aligned` in step decontaminate: `0.70001`: at most four decimals"},
        Mistake{"two_tables_of_one_name",
                steps("  - decontaminate: {against: b}\n  - decontaminate: {against: c}\n"),
                "job.yaml:7:5: a second table `contamination`; the first is at job.yaml:6:5"},
        Mistake{"settings_beside_their_step", steps("  - dedup.minhash:\n    preset: dolma3\n"),
                "job.yaml:6:5: a step is one operator; found dedup.minhash, preset; indent its "
                "settings below it"},
        Mistake{"a_list_of_settings", steps("  - normalize: [nfc]\n"),
                "job.yaml:6:16: the settings of step normalize must be a map; found a list"},
        Mistake{"a_list_as_step", steps("  - [normalize]\n"),
                "job.yaml:6:5: a step is an operator and its settings, for example `- dedup.exact: "
                "{}`; found a list"},
        Mistake{"steps_as_a_map", kHead + "steps: {normalize: {}}\n",
                "job.yaml:5:8: `steps` must be a list; found a map"},
        Mistake{"two_splits", steps("  - split: {a: 1}\n  - split: {a: 1}\n"),
                "job.yaml:7:5: a second split; the first is at job.yaml:6:5"},
        Mistake{
            "two_excludes", steps("  - exclude: {ids: a}\n  - exclude: {ids: b}\n"),
            "job.yaml:7:5: a second exclude; the first is at job.yaml:6:5; put all ids into one "
            "file"},
        Mistake{"keep_by_the_column_source",
                steps("  - dedup.exact: {keep: [\"lowest:source\"]}\n"),
                "job.yaml:6:26: `keep` in step dedup.exact: the order of sources is the rule "
                "`source`"},
        Mistake{"a_dedup_after_split", steps("  - split: {a: 1}\n  - dedup.exact\n"),
                "job.yaml:7:5: dedup.exact must come before split, which is at job.yaml:6:5"},
        Mistake{"a_list_as_job", "- a\n",
                "job.yaml:1:1: a job file is a map with the keys dataset, output, sources, steps; "
                "found a list"},
        Mistake{"an_empty_file", "",
                "job.yaml:1:1: a job file is a map with the keys dataset, output, sources, steps; "
                "found nothing"}),
    [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Steps, JobMistake,
    testing::Values(
        Mistake{"fractions_below_one", steps("  - split: {train: 0.98, test: 0.01}\n"),
                "job.yaml:6:13: step split: the fractions must sum to exactly 1; their sum is "
                "0.99"},
        Mistake{"fractions_beyond_one", steps("  - split: {a: 0.7, b: 0.30000000000000001}\n"),
                "job.yaml:6:13: step split: the fractions must sum to exactly 1; their sum is "
                "1.00000000000000001"},
        Mistake{"no_fractions", steps("  - split: {by: document}\n"),
                "job.yaml:6:12: step split needs at least one entry (NAME: share of all documents; "
                "the shares sum to exactly 1)"},
        Mistake{"a_misspelt_key_beside_fractions", steps("  - split: {train: 1, bu: cluster}\n"),
                "job.yaml:6:23: unknown key `bu` in step split; did you mean `by`?"},
        Mistake{"a_fraction_of_nothing", steps("  - split: {train: 1, test: 0}\n"),
                "job.yaml:6:29: `fractions` in step split: expected a number above 0 and at most "
                "1; found `0`"},
        Mistake{"a_split_in_capitals", steps("  - split: {Train: 1}\n"),
                "job.yaml:6:13: `fractions` in step split: the name of a split has letters a-z, "
                "digits and _ only"},
        Mistake{
            "a_group_by_of_texts", steps("  - split: {train: 1, group_by: text}\n"),
            "job.yaml:6:33: `group_by` in step split: equal texts are tied by dedup.exact before "
            "split, not by `text` here"},
        Mistake{"a_column_tied_twice", steps("  - split: {train: 1, group_by: [a, b, a]}\n"),
                "job.yaml:6:33: step split: `a` is repeated"},
        Mistake{"lineage_by_document", steps("  - split: {train: 1, by: document, group_by: a}\n"),
                "job.yaml:6:27: step split: by: document keeps nothing together, so it has no "
                "group_by; leave one out"},
        Mistake{
            "lineage_of_a_column_that_a_later_join_adds",
            steps("  - split: {train: 1, group_by: [b, a]}\n"
                  "  - join: {with: t, on: id, columns: a}\n"),
            "job.yaml:6:33: split reads the column `a`, which join at job.yaml:7:5 adds to what "
            "is published; steps see the columns of the input"},
        Mistake{"four_keep_rules",
                steps("  - dedup.exact: {keep: [source, longest, shortest, source]}\n"),
                "job.yaml:6:25: `keep` in step dedup.exact: at most 3 entries; found 4"},
        Mistake{"an_unknown_keep_rule", steps("  - dedup.exact: {keep: [source, longer]}\n"),
                "job.yaml:6:34: `keep` in step dedup.exact: unknown keep rule `longer`; did you "
                "mean `longest`?"},
        Mistake{"a_keep_rule_without_column", steps("  - dedup.exact: {keep: newest}\n"),
                "job.yaml:6:25: `keep` in step dedup.exact: `newest` needs a column: "
                "newest:COLUMN"},
        Mistake{"limits_that_cross", steps("  - filter: {max_words: 5, min_words: 6}\n"),
                "job.yaml:6:39: step filter: min_words (6) is above max_words (5)"},
        Mistake{"a_broken_comparison", steps("  - filter: {where: stars => 5}\n"),
                "job.yaml:6:21: `where` in step filter: expected COLUMN, one of == != < <= > >=, "
                "and a value; found `stars => 5`"}),
    [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Vectors, JobMistake,
    testing::Values(
        Mistake{"no_column_of_numbers", steps("  - embed: {from: column, column: v}\n"),
                "job.yaml:6:19: step embed: from: column needs `of`, the column"},
        Mistake{"a_setting_of_another_source",
                steps("  - embed: {from: hashed, column: v, of: n}\n"),
                "job.yaml:6:42: step embed: `of` goes with from: column only"},
        Mistake{
            "dimensions_of_a_column",
            steps("  - embed: {from: column, of: n, column: v, dimensions: 3}\n"),
            "job.yaml:6:57: step embed: the vectors have the length that they have; leave it out"},
        Mistake{"too_many_dimensions",
                steps("  - embed: {from: hashed, column: v, dimensions: 32769}\n"),
                "job.yaml:6:50: `dimensions` in step embed: expected a number of at least 1 and at "
                "most 32768; found `32769`"},
        Mistake{"no_word_vectors", steps("  - embed: {from: static, column: v}\n"),
                "job.yaml:6:19: step embed: from: static needs `vectors`, a file"},
        Mistake{"a_matrix_without_words",
                steps("  - embed: {from: static, column: v, vectors: m.safetensors}\n"),
                "job.yaml:6:47: step embed: a .safetensors file has no words: name a file of them "
                "in `words`"},
        Mistake{
            "chunks_of_a_column", steps("  - embed: {from: column, of: n, column: v, chunk: 9}\n"),
            "job.yaml:6:52: step embed: `chunk` goes with from: hashed, static and command only"},
        Mistake{"chunks_that_do_not_end",
                steps("  - embed: {from: hashed, column: v, chunk: 9, overlap: 9}\n"),
                "job.yaml:6:57: step embed: `overlap` must be smaller than `chunk`, 9 words"},
        Mistake{"overlap_of_nothing", steps("  - embed: {from: hashed, column: v, overlap: 1}\n"),
                "job.yaml:6:47: step embed: `overlap` must be smaller than `chunk`, 0 words"},
        Mistake{"a_matrix_without_ids",
                steps("  - embed: {from: npy, column: v, vectors: m.npy}\n"),
                "job.yaml:6:19: step embed: from: npy needs `ids`, a file with an id a line"},
        Mistake{"ids_without_a_matrix", steps("  - embed: {from: npy, column: v, ids: i}\n"),
                "job.yaml:6:19: step embed: from: npy needs `vectors`, a file"},
        Mistake{"ids_of_word_vectors",
                steps("  - embed: {from: static, column: v, vectors: t, ids: i}\n"),
                "job.yaml:6:55: step embed: `ids` goes with from: npy only"},
        Mistake{"a_matrix_for_a_column",
                steps("  - embed: {from: column, of: n, column: v, vectors: m.npy}\n"),
                "job.yaml:6:54: step embed: `vectors` goes with from: static and npy only"},
        Mistake{"frequencies_for_a_column",
                steps("  - embed: {from: column, of: n, column: v, frequencies: f}\n"),
                "job.yaml:6:58: step embed: `frequencies` goes with from: hashed and static only"},
        Mistake{"components_of_hashes",
                steps("  - embed: {from: hashed, column: v, components: 1}\n"),
                "job.yaml:6:50: step embed: `components` goes with from: static only"},
        Mistake{"too_many_components",
                steps("  - embed: {from: static, column: v, vectors: t, components: 17}\n"),
                "job.yaml:6:62: `components` in step embed: expected a number of at least 0 and at "
                "most 16; found `17`"},
        Mistake{"a_command_line",
                steps("  - embed: {from: command, column: v, dimensions: 3, command: \"python3 "
                      "x.py\"}\n"),
                "job.yaml:6:63: `command` in step embed: expected a list of a program and its "
                "arguments, for example [python3, x.py]; found the text \"python3 x.py\""},
        Mistake{"no_program", steps("  - embed: {from: command, column: v, dimensions: 3}\n"),
                "job.yaml:6:19: step embed: from: command needs `command`, a program and its "
                "arguments"},
        Mistake{"a_program_of_unknown_length",
                steps("  - embed: {from: command, column: v, command: x}\n"),
                "job.yaml:6:19: step embed: from: command needs `dimensions`, the length of its "
                "vectors"},
        Mistake{"a_program_for_nothing",
                steps("  - embed: {from: hashed, column: v, command: x}\n"),
                "job.yaml:6:47: step embed: `command` goes with from: command only"},
        Mistake{"vectors_in_the_text", steps("  - embed: {from: column, of: n, column: text}\n"),
                "job.yaml:6:42: `column` in step embed: `text` holds text, no vectors"},
        Mistake{"a_vector_as_a_number",
                steps("  - embed: {from: column, of: n, column: v}\n"
                      "  - filter: {where: v > 1}\n"),
                "job.yaml:7:21: filter: where names the column `v`, which embed at job.yaml:6:5 "
                "makes vectors; only steps that compare vectors read them"},
        Mistake{"a_vector_as_a_rank",
                steps("  - embed: {from: column, of: n, column: v}\n"
                      "  - dedup.exact: {keep: ['highest:v']}\n"),
                "job.yaml:7:25: dedup.exact: keep names the column `v`, which embed at "
                "job.yaml:6:5 makes vectors; only steps that compare vectors read them"},
        Mistake{"a_vector_that_ties_wherever_split_stands",
                steps("  - split: {train: 1, group_by: v}\n"
                      "  - embed: {from: column, of: v, column: v}\n"),
                "job.yaml:6:33: split: group_by names the column `v`, which embed at job.yaml:7:5 "
                "makes vectors; only steps that compare vectors read them"},
        Mistake{"a_join_onto_vectors",
                steps("  - join: {with: t, on: host, columns: v}\n"
                      "  - embed: {from: column, of: n, column: v}\n"),
                "job.yaml:6:40: join adds the column `v`, which embed at job.yaml:7:5 makes "
                "vectors; give it another name"},
        Mistake{"two_embeds_of_one_name",
                steps("  - embed: {from: column, of: n, column: v}\n"
                      "  - embed: {from: column, of: m, column: v}\n"),
                "job.yaml:7:42: embed#2: an embed step before it makes the column `v` already"},
        Mistake{"vector_is_no_type_of_a_table",
                source("{name: a, read: x, format: csv, types: {v: vector}}"),
                "job.yaml:4:44: source a: `types` of v: expected utf8, int64, float64 or bool; "
                "found vector"}),
    [](const auto& test) { return test.param.name; });

TEST(JobSyntax, IsReportedWithItsPosition) {
  EXPECT_TRUE(job_error("dataset: d\noutput: [a\n").starts_with("job.yaml:"));
  for (const std::string quote : {"'", "\""}) {
    EXPECT_EQ(job_error(kHead + "seed: " + quote + "a\n"),
              "job.yaml:5:9: not valid YAML: illegal EOF in scalar");
  }
  EXPECT_EQ(job_error("a: " + std::string(40, '[') + std::string(40, ']')),
            "job.yaml:1:35: lists and maps nested deeper than 32");
  EXPECT_EQ(job_error("dataset: d\n\toutput: o\n"),
            "job.yaml:2:1: a tab in the indentation; YAML wants spaces");
  EXPECT_EQ(job_error("sources:\n  \t- a\n"),
            "job.yaml:2:3: a tab in the indentation; YAML wants spaces");
  EXPECT_EQ(job_error("a: &x 1\n"), "job.yaml:1:4: anchors are not supported");
  EXPECT_EQ(job_error("a: !!str 1\n"),
            "job.yaml:1:4: tags like `tag:yaml.org,2002:str` are not supported");
  EXPECT_EQ(job_error("dataset: d\n---\ndataset: e\n"),
            "job.yaml:3:1: a second document; a job file holds one");
}

TEST(JobSyntax, AnUnquotedPatternThatStartsWithAStarSaysHowToWriteIt) {
  EXPECT_EQ(job_error(source("{name: a, read: *.jsonl}")),
            "job.yaml:4:21: not valid YAML: an unquoted value cannot start with *: write \"*…\"");
}

TEST(JobSyntax, AFileThatCannotBeReadIsNamed) {
  EXPECT_EQ(error_of([] { (void)read_job("/nowhere/job.yaml"); }),
            "/nowhere/job.yaml: the job file cannot be read: No such file or directory");
  EXPECT_EQ(error_of([] { (void)read_job("/"); }),
            "/: the job file cannot be read: it is a directory");
}

}  // namespace
}  // namespace shardmill
