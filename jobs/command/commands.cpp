#include "jobs/command/commands.hpp"

#include "cluster/error.hpp"
#include "engine/plan/spelling.hpp"
#include "jobs/command/arguments.hpp"

namespace shardmill {
namespace {

std::string padded(std::string text, std::size_t width) {
  text.resize(text.size() < width ? width : text.size() + 1, ' ');
  return text;
}

std::string arguments_text(const Command& command) {
  std::string result;
  for (const std::string& argument : command.arguments) result += " " + argument;
  return result;
}

std::string overview() {
  std::string result =
      "shardmill: clean, deduplicated, split datasets for training, as sharded HDF5\n"
      "\n"
      "usage: shardmill COMMAND [options]        mpirun -n 8 shardmill run JOB.yaml\n"
      "\n";
  for (const Command& command : commands()) {
    result += "  " + padded(command.name + arguments_text(command), 18) + command.help + "\n";
  }
  result +=
      "\n"
      "shardmill help COMMAND lists its options. Exit codes: 0 done, 1 failure, 2 usage\n"
      "or job file, 3 not published, 4 bad input, 5 locked, 75 stopped: run it again.\n";
  return result;
}

}  // namespace

const std::vector<Command>& commands() {
  static const std::vector<Command> all = {
      {"run",
       {"JOB.yaml"},
       "make the dataset; run again to go on or to update it",
       {"set", "ranks", "memory", "scratch", "scratch-limit", "limit", "fresh", "dry-run",
        "allow-empty", "despite-checks", "compact", "wait", "trace", "json", "route",
        "ranks-per-node"}},
      {"plan",
       {"JOB.yaml"},
       "show passes, every setting and the memory needed",
       {"set", "ranks", "memory", "scratch", "limit", "json"}},
      {"status", {"DIR"}, "how far the running or last run is", {"wait", "json"}},
      {"report", {"DIR"}, "print the report of the published dataset", {"to", "json"}},
      {"inspect",
       {"DIR"},
       "counts, columns and three documents",
       {"tokens", "vocabulary", "merges", "tokenizer", "json"}},
      {"explain", {"DIR", "ID"}, "what happened to a document, and on what evidence", {"json"}},
      {"ledger", {"DIR"}, "every verdict", {"step", "fate", "witness", "json"}},
      {"groups", {"DIR"}, "the largest groups of duplicates", {"most", "json"}},
      {"export",
       {"DIR"},
       "the documents, or their tokens, in another format",
       {"format", "to", "max-sequence-length", "packing", "attention-spans"}},
      {"verify",
       {"DIR"},
       "read everything again and check it",
       {"evidence", "vocabulary", "merges", "tokenizer", "json"}},
      {"snapshots", {"DIR"}, "the versions of the dataset, and what each takes", {"json"}},
      {"diff", {"A", "[B]"}, "documents added, removed, changed, moved", {"documents", "json"}},
      {"publish", {"DIR", "[N]"}, "make snapshot N, or the newest, the current one", {"wait"}},
      {"rollback", {"DIR", "[N]"}, "make an older snapshot the current one", {"wait"}},
      {"tag", {"DIR", "NAME", "[N]"}, "name a snapshot, which keeps it", {"remove", "wait"}},
      {"gc",
       {"DIR"},
       "remove old snapshots and what no run uses",
       {"keep", "keep-days", "purge", "dry-run", "wait", "json"}},
      {"doctor",
       {"DIR"},
       "whether the machines and DIR are what a run needs",
       {"ranks", "memory", "scratch", "json"}},
      {"slurm",
       {"JOB.yaml"},
       "print a batch script for it, with estimates",
       {"nodes", "ranks-per-node", "time", "partition", "memory", "scratch", "set"}},
      {"tokenize",
       {},
       "JSON lines on stdin to token ids, or back",
       {"encoding", "vocabulary", "merges", "tokenizer", "allow-special", "eos", "decode"}},
      {"ops", {}, "the operators and checks, and their parameters", {"json"}},
      {"schema", {}, "the JSON Schema of job files, for editors", {}},
      {"version", {}, "the version and what it was built with", {"json"}},
      {"help", {"[COMMAND]"}, "this text, or the options of a command", {}}};
  return all;
}

const Option& option(const std::string& name) {
  static const std::vector<Option> all = {
      {"set", "NAME=VALUE", "override a setting, as in steps.2.rows=8; repeatable", true},
      {"ranks", "N", "ranks to start (one per physical core)"},
      {"memory", "SIZE", "per rank, as in 8GiB"},
      {"scratch", "DIR", "node-local directory for what does not fit in memory"},
      {"scratch-limit", "SIZE", "per rank; a run that needs more there ends"},
      {"limit", "N", "the first N documents only, as OUTPUT.limit-N"},
      {"fresh", "", "do all work again, check published shards; catalogue stays"},
      {"dry-run", "", "publish nothing; what it reads stays in the store"},
      {"allow-empty", "", "publish even if no document is left"},
      {"despite-checks", "", "publish even if checks of the job fail"},
      {"compact", "", "publish all epochs up to now as one: fewer, larger shards"},
      {"wait", "SECONDS", "at most, for a run that has the dataset; 0 asks once"},
      {"documents", "", "a line for each document"},
      {"remove", "", "take the name away"},
      {"keep", "N", "the N newest snapshots stay (3)"},
      {"keep-days", "N", "and all that are not older than N days"},
      {"purge", "FILE", "instead, all that still has documents of this list"},
      {"trace", "FILE", "a timeline of all ranks, for ui.perfetto.dev"},
      {"json", "", "for machines, on stdout"},
      {"route", "ROUTE", "rows between ranks: auto, direct, two-hop; same bytes"},
      {"ranks-per-node", "N", "of each node (16); `run` routes as if, to try two-hop"},
      {"nodes", "N", "nodes to ask for (1)"},
      {"time", "TIME", "limit of one turn, as in 4:00:00 (which it is) or 1-12:00"},
      {"partition", "NAME", "the cluster's, when not its default"},
      {"step", "STEP", "only verdicts of this step"},
      {"witness", "ID", "only verdicts that name it; NAME/: any item of NAME"},
      {"fate", "FATE", "only kept, dropped, changed or evidence rows"},
      {"most", "N", "groups to show (10)"},
      {"format", "FORMAT", "jsonl, hdf5-sample, megatron, nanogpt, nanotron, olmo"},
      {"max-sequence-length", "N", "of hdf5-sample: positions of a sample"},
      {"packing", "PACKING", "of hdf5-sample: concat (which it is), greedy, best_fit"},
      {"attention-spans", "", "of hdf5-sample: with attention_span and position_ids"},
      {"to", "FILE", "where to write; - is stdout (the default)"},
      {"evidence", "", "compute the similarity of every witness again"},
      {"encoding", "NAME", "gpt2, r50k_base, cl100k_base, o200k_base or bytes"},
      {"vocabulary", "FILE", "ranks of the encoding, or encoder.json of gpt2"},
      {"merges", "FILE", "vocab.bpe, beside encoder.json"},
      {"tokenizer", "FILE", "instead: tokenizer.json or a SentencePiece model"},
      {"allow-special", "", "special tokens in a text are tokens, not text"},
      {"eos", "TEXT", "token that ends documents, which no text has"},
      {"tokens", "", "three documents of token shards, with a | between tokens"},
      {"decode", "", "lines of `ids` back to `text`"},
      {"help", "", "the options of the command"}};
  for (const Option& o : all) {
    if (o.name == name) return o;
  }
  throw InternalError("the option `" + name + "` is not declared");
}

const Command* find_command(const std::string& name) {
  for (const Command& command : commands()) {
    if (command.name == name) return &command;
  }
  return nullptr;
}

std::string usage(const Command& command) {
  return "shardmill " + command.name + arguments_text(command) +
         (command.options.empty() ? "" : " [options]");
}

std::vector<std::string> command_names() {
  std::vector<std::string> names;
  for (const Command& command : commands()) names.push_back(command.name);
  return names;
}

std::string help_text(const std::string& topic) {
  if (topic.empty()) return overview();
  const Command* command = find_command(topic);
  if (command == nullptr) {
    throw ConfigError("unknown command `" + topic + "`" + suggestion(topic, command_names()));
  }
  std::string result = "usage: " + usage(*command) + "\n" + command->help + "\n";
  if (!command->options.empty()) result += "\n";
  for (const std::string& name : command->options) {
    const Option& o = option(name);
    result +=
        "  " + padded("--" + o.name + (o.value.empty() ? "" : " " + o.value), 20) + o.help + "\n";
  }
  return result;
}

}  // namespace shardmill
