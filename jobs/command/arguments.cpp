#include "jobs/command/arguments.hpp"

#include <algorithm>
#include <boost/program_options.hpp>

#include "cluster/error.hpp"
#include "engine/plan/spelling.hpp"
#include "jobs/command/commands.hpp"
#include "jobs/spec/scalar.hpp"

namespace shardmill {
namespace {

namespace po = boost::program_options;

constexpr u64 kMostPositions = u64{1} << 20;  // as max_sequence_length of a job
constexpr u64 kMostSeconds = u64{366} * 86400;

// Boost collects what is no option under a name; this one cannot be typed by mistake.
constexpr const char* kPositional = "positional arguments";

// The options and arguments of one command, as written.
class CommandLine {
 public:
  CommandLine(const Command& command, const std::vector<std::string>& words) : command_(command) {
    po::options_description description;
    for (const std::string& name : command.options) declare(description, option(name));
    declare(description, option("help"));
    description.add_options()(kPositional, po::value<std::vector<std::string>>());
    po::positional_options_description positional;
    positional.add(kPositional, -1);
    const int style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing &
                      ~po::command_line_style::allow_short;
    try {
      po::store(po::command_line_parser(words)
                    .options(description)
                    .positional(positional)
                    .style(style)
                    .run(),
                values_);
    } catch (const po::unknown_option& error) {
      std::string name = error.get_option_name();
      name.erase(0, name.find_first_not_of('-'));
      std::vector<std::string> known = command.options;
      known.emplace_back("help");
      for (std::string& k : known) k.insert(0, "--");
      fail("unknown option `--" + name + "`" + suggestion("--" + name, known));
    } catch (const po::error& error) {
      fail(error.what());
    }
    for (const std::string& word : arguments()) {
      // Without short options Boost takes `-n` for an argument; `-` alone is stdin or stdout, and
      // behind `--` anything goes.
      const bool escaped = std::find(words.begin(), words.end(), "--") != words.end();
      if (word.size() > 1 && word.front() == '-' && !escaped) {
        fail("unknown option `" + word + "`; options begin with --");
      }
    }
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw ConfigError("shardmill " + command_.name + ": " + what);
  }
  [[nodiscard]] bool has(const std::string& name) const { return values_.count(name) != 0; }
  [[nodiscard]] std::vector<std::string> all(const std::string& name) const {
    return has(name) ? values_[name].as<std::vector<std::string>>() : std::vector<std::string>{};
  }
  [[nodiscard]] std::string one(const std::string& name, const std::string& otherwise = "") const {
    if (!has(name)) return otherwise;
    const std::string value = values_[name].as<std::string>();
    if (value.empty()) fail("`--" + name + "` needs " + option(name).value);
    return value;
  }
  // An integer from `least` to `most`.
  [[nodiscard]] std::optional<u64> count(const std::string& name, u64 most, u64 least = 1) const {
    if (!has(name)) return {};
    const std::string text = one(name);
    const auto value = parse_integer(text);
    if (!value || *value < narrow<i64>(least) || static_cast<u64>(*value) > most) {
      fail("`--" + name + "` expects an integer of at least " + std::to_string(least) +
           "; found `" + text + "`");
    }
    return static_cast<u64>(*value);
  }
  [[nodiscard]] std::optional<Bytes> size(const std::string& name) const {
    if (!has(name)) return {};
    const std::string text = one(name);
    const auto value = parse_bytes(text);
    if (!value || value->value == 0) {
      fail("`--" + name + "` expects a size such as 8GiB or 512MiB; found `" + text + "`");
    }
    return value;
  }
  [[nodiscard]] std::string choice(const std::string& name, const std::string& otherwise,
                                   const std::vector<std::string>& choices) const {
    const std::string value = one(name, otherwise);
    if (!has(name) || std::find(choices.begin(), choices.end(), value) != choices.end()) {
      return value;
    }
    fail("`--" + name + "` expects one of " + joined(choices) + "; found `" + value + "`" +
         (nearest(value, choices).empty() ? "" : suggestion(value, choices)));
  }
  [[nodiscard]] std::vector<std::string> arguments() const { return all(kPositional); }

 private:
  static void declare(po::options_description& description, const Option& o) {
    if (o.value.empty()) {
      description.add_options()(o.name.c_str(), o.help.c_str());
    } else if (o.many) {
      description.add_options()(o.name.c_str(), po::value<std::vector<std::string>>(),
                                o.help.c_str());
    } else {
      description.add_options()(o.name.c_str(), po::value<std::string>(), o.help.c_str());
    }
  }

  const Command& command_;
  po::variables_map values_;
};

void take_arguments(const CommandLine& line, const Command& command, Arguments& result) {
  const std::vector<std::string> given = line.arguments();
  for (std::size_t i = 0; i < command.arguments.size(); ++i) {
    const std::string& name = command.arguments[i];
    if (i >= given.size()) {
      if (name.starts_with('[')) continue;
      line.fail(name + " is missing; usage: " + usage(command));
    }
    if (given[i].empty()) line.fail(name + " is empty; usage: " + usage(command));
    if (name == "JOB.yaml") result.job = given[i];
    if (name == "DIR" || name == "A") result.directory = given[i];
    if (name == "[B]") result.other = given[i];
    if (name == "NAME") result.name = given[i];
    if (name == "[N]") {
      const auto number = parse_integer(given[i]);
      if (!number || *number < 1) {
        line.fail("expected the number of a snapshot; found `" + given[i] + "`");
      }
      result.snapshot = static_cast<u64>(*number);
    }
    if (name == "ID") result.id = given[i];
    if (name == "[COMMAND]") result.topic = given[i];
  }
  if (given.size() > command.arguments.size()) {
    line.fail("unexpected `" + given[command.arguments.size()] + "`; usage: " + usage(command));
  }
}

// What goes with hdf5-sample, and with no other format.
std::optional<SampleFormat> samples_of(const CommandLine& line, const std::string& format) {
  if (format != "hdf5-sample") {
    for (const char* name : {"max-sequence-length", "packing", "attention-spans"}) {
      if (line.has(name)) {
        line.fail("`--" + std::string(name) + "` is for `--format hdf5-sample`");
      }
    }
    return {};
  }
  const auto length = line.count("max-sequence-length", INT64_MAX);
  if (!length) {
    line.fail("`--format hdf5-sample` needs `--max-sequence-length`, positions of a sample");
  }
  if (*length > kMostPositions) {
    line.fail("`--max-sequence-length` expects at most " + std::to_string(kMostPositions) +
              "; found `" + std::to_string(*length) + "`");
  }
  const std::string packing =
      line.choice("packing", "concat", {kPackings.begin(), kPackings.end()});
  const auto number = std::find(kPackings.begin(), kPackings.end(), packing) - kPackings.begin();
  return SampleFormat{narrow<u32>(*length), static_cast<Packing>(number),
                      line.has("attention-spans")};
}

Arguments help_about(const std::string& topic) {
  Arguments result;
  result.command = "help";
  result.topic = topic;
  return result;
}

}  // namespace

Arguments parse_arguments(int argc, const char* const* argv) {
  const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  if (words.empty() || words.front() == "--help" || words.front() == "-h") return help_about("");
  const std::string& name = words.front() == "--version" ? "version" : words.front();
  if (name.starts_with('-')) {
    throw ConfigError("shardmill: the command comes first, then its options; found `" + name + "`");
  }
  const Command* command = find_command(name);
  if (command == nullptr) {
    throw ConfigError("shardmill: unknown command `" + name + "`" +
                      suggestion(name, command_names()));
  }
  const CommandLine line(*command, {words.begin() + 1, words.end()});
  if (line.has("help")) return help_about(name);
  Arguments result;
  result.command = name;
  take_arguments(line, *command, result);
  if (!result.topic.empty()) (void)help_text(result.topic);  // refuses an unknown command
  result.set = line.all("set");
  result.memory = line.size("memory");
  result.limit = line.count("limit", INT64_MAX);
  result.most = line.count("most", INT64_MAX);
  result.keep = line.count("keep", INT64_MAX);
  result.keep_days = line.count("keep-days", INT64_MAX);
  result.wait = line.count("wait", kMostSeconds, 0);
  result.purge = line.one("purge");
  result.documents = line.has("documents");
  result.remove = line.has("remove");
  if (const auto ranks = line.count("ranks", kMostRanks)) result.ranks = narrow<u32>(*ranks);
  result.scratch = line.one("scratch");
  result.scratch_limit = line.size("scratch-limit");
  result.trace = line.one("trace");
  result.route = line.choice("route", "auto", {"auto", "direct", "two-hop"});
  if (const auto ranks = line.count("ranks-per-node", kMostRanks)) {
    result.ranks_per_node = narrow<u32>(*ranks);
  }
  if (const auto nodes = line.count("nodes", kMostRanks)) result.nodes = narrow<u32>(*nodes);
  result.time = line.one("time");
  result.partition = line.one("partition");
  result.fresh = line.has("fresh");
  result.compact = line.has("compact");
  result.allow_empty = line.has("allow-empty");
  result.despite_checks = line.has("despite-checks");
  result.dry_run = line.has("dry-run");
  if (result.fresh && result.dry_run) {
    throw ConfigError("shardmill " + name +
                      ": `--fresh` empties the store, and `--dry-run` changes nothing; "
                      "leave one of them out");
  }
  result.json = line.has("json");
  result.evidence = line.has("evidence");
  result.step = line.one("step");
  result.witness = line.one("witness");
  result.fate = line.choice("fate", "", {"kept", "dropped", "changed", "evidence"});
  result.format = line.choice("format", "jsonl",
                              {"jsonl", "hdf5-sample", "megatron", "nanogpt", "nanotron", "olmo"});
  result.samples = samples_of(line, result.format);
  result.to = line.one("to", "-");
  result.encoding = line.one("encoding");
  result.vocabulary = line.one("vocabulary");
  result.merges = line.one("merges");
  result.tokenizer = line.one("tokenizer");
  result.allow_special = line.has("allow-special");
  result.eos = line.one("eos");
  result.decode = line.has("decode");
  result.tokens = line.has("tokens");
  return result;
}

}  // namespace shardmill
