// The command line: one command and what it was told.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cluster/types.hpp"
#include "engine/plan/token_format.hpp"

namespace shardmill {

inline constexpr u64 kMostRanks = u64{1} << 20;  // far above any MPI world

struct Arguments {
  std::string command;           // "run", …, "help" when nothing was asked for
  std::string topic;             // of help: a command; empty: all
  std::string job;               // JOB.yaml of run and plan
  std::string directory;         // DIR of the commands that look at a dataset
  std::string id;                // ID of explain
  std::string other;             // B of diff
  std::string name;              // NAME of tag
  std::optional<u64> snapshot;   // N of publish, rollback and tag
  std::vector<std::string> set;  // "a.b=c", in order
  std::optional<Bytes> memory;   // per rank
  std::optional<u64> limit;      // documents, at least 1
  std::optional<u32> ranks;      // read by the launcher
  std::optional<u64> most;       // of groups
  std::string scratch;
  std::optional<Bytes> scratch_limit;
  std::string trace;                  // a file; empty: none
  std::string route = "auto";         // or direct, two-hop
  std::optional<u32> ranks_per_node;  // of slurm; of run: as if so many ranks shared each node
  std::optional<u32> nodes;           // of slurm
  std::string time;                   // of slurm, as written
  std::string partition;              // of slurm
  bool fresh = false;
  bool allow_empty = false;
  bool compact = false;
  bool despite_checks = false;
  bool dry_run = false;
  bool json = false;
  bool evidence = false;
  bool documents = false;        // of diff
  bool remove = false;           // of tag
  std::optional<u64> keep;       // of gc: snapshots
  std::string purge;             // of gc: a file of ids
  std::optional<u64> keep_days;  // of gc
  std::optional<u64> wait;       // seconds, for the dataset's lock; of status: for a run to end
  std::string step;
  std::string witness;           // of ledger lines: all of it, or up to a slash that it ends with
  std::string fate;              // kept, dropped, changed or empty
  std::string format = "jsonl";  // of export
  std::string to = "-";          // a file, or "-" for stdout
  std::optional<SampleFormat> samples;  // of export to hdf5-sample, and only there
  std::string encoding;                 // of tokenize, as those below
  std::string vocabulary;
  std::string merges;
  std::string tokenizer;
  bool allow_special = false;
  std::string eos;
  bool decode = false;
  bool tokens = false;  // of inspect
};

// Reads argv (argv[0] is the program). ConfigError with the nearest right spelling for an unknown
// command or option, a missing or superfluous argument, a wrong value. `--help` anywhere, as
// `help`, asks for the help of the command; names are never guessed from their beginnings.
[[nodiscard]] Arguments parse_arguments(int argc, const char* const* argv);

// What `help` prints: for a command, or (empty topic) all of it, at most 32 lines of 80 columns.
// ConfigError for an unknown command.
[[nodiscard]] std::string help_text(const std::string& topic);

// Commands in the order of the help.
[[nodiscard]] std::vector<std::string> command_names();

}  // namespace shardmill
