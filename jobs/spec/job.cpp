#include "jobs/spec/job.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "cluster/error.hpp"
#include "engine/plan/spelling.hpp"
#include "jobs/spec/checks.hpp"
#include "jobs/spec/declarations.hpp"
#include "jobs/spec/named_tables.hpp"
#include "jobs/spec/node.hpp"
#include "jobs/spec/settings_reader.hpp"
#include "jobs/spec/token_rules.hpp"
#include "operators/registry.hpp"

namespace shardmill {
namespace {

const Node kNothing;

const Node& below(const Node& map, std::string_view key) {
  const Node* node = map.find(key);
  return node == nullptr ? kNothing : *node;
}

class JobReader {
 public:
  JobReader(const Node& root, std::string folder) : root_(root), folder_(std::move(folder)) {}

  [[nodiscard]] Job read() {
    if (root_.form != Node::Form::map) {
      throw ConfigError(root_.where +
                        ": a job file is a map with the keys dataset, output, "
                        "sources, steps; found " +
                        described(root_));
    }
    Job job;
    job.top = section(root_, job_section(),
                      {"sources", "tables", "steps", "checks", "write", "tolerate"});
    job.dataset = job.top.text("dataset");
    job.output = job.top.text("output");
    job.seed = narrow<u64>(job.top.integer("seed"));
    job.tolerate = section(below(root_, "tolerate"), tolerate_section());
    job.tolerated_files = narrow<u64>(job.tolerate.integer("files"));
    job.tolerated_records = job.tolerate.decimal("records");
    const Node& write = below(root_, "write");
    (void)section(write, {"write", {}}, {"text", "tokens"});
    job.write_text = section(below(write, "text"), write_text_section());
    job.shard_size = job.write_text.size("shard_size");
    job.write_tokens = section(below(write, "tokens"), write_tokens_section());
    job.token_shard_size = job.write_tokens.size("shard_size");
    job.samples = sample_format(job.write_tokens);
    read_sources(job);
    check_tables(below(root_, "tables"), folder_);
    read_steps(job);
    check_tokens(job, write);
    job.checks = read_checks(below(root_, "checks"), job, folder_);
    return job;
  }

 private:
  [[nodiscard]] Settings section(const Node& map, const Section& section,
                                 std::vector<std::string> other_keys = {}) const {
    return read_settings(
        map, section.parameters, {},
        {.place = section.name, .folder = folder_, .other_keys = std::move(other_keys)});
  }

  void read_sources(Job& job) const {
    const Node* sources = root_.find("sources");
    if (sources == nullptr) {
      throw ConfigError(root_.where + ": the job needs the key `sources` (a list of what to read)");
    }
    if (sources->form != Node::Form::list || sources->items.empty()) {
      throw ConfigError(sources->where +
                        ": `sources` must be a list of at least one source; found " +
                        (sources->form == Node::Form::list ? "none" : described(*sources)));
    }
    for (const Node& node : sources->items) {
      SourceSpec source = read_source(node);
      for (const SourceSpec& other : job.sources) {
        if (other.settings.name == source.settings.name) {
          throw ConfigError(source.where + ": the source name `" + source.settings.name +
                            "` is repeated; it was first written at " + other.where);
        }
      }
      job.sources.push_back(std::move(source));
    }
  }

  [[nodiscard]] SourceSpec read_source(const Node& node) const {
    if (node.form != Node::Form::map) {
      throw ConfigError(node.where + ": a source is a map with the keys name and read; found " +
                        described(node));
    }
    const Settings values = section(node, source_section());
    SourceSpec source;
    source.where = node.where;
    source.read = values.list("read");
    source.settings.name = values.text("name");
    source.settings.max_record = values.size("max_record").value;
    source.settings.command = values.list("command");
    const std::string& format = values.text("format");
    source.settings.format = format_named(format);
    read_types(values, source.settings);
    if ((format == "command") == source.settings.command.empty()) {
      throw ConfigError((format == "command" ? node.where : values.where("command")) + ": source " +
                        source.settings.name +
                        (format == "command" ? ": format command needs the key `command`"
                                             : ": `command` goes with format: command only"));
    }
    source.settings.group = values.text("group");
    source.settings.fields = values.list("fields");
    const bool grouped = source.settings.group != "/";
    if (format != "hdf5" && (grouped || !source.settings.fields.empty())) {
      const char* key = grouped ? "group" : "fields";
      throw ConfigError(values.where(key) + ": source " + source.settings.name + ": `" + key +
                        "` goes with format: hdf5 only");
    }
    const auto& columns = values.text_map("columns");
    if (format == "text" && !columns.empty()) {
      throw ConfigError(values.where("columns") + ": source " + source.settings.name +
                        ": `columns` has no meaning with format: text, whose files have no fields");
    }
    for (const auto& [column, field] : columns) {
      if (column == "id") {
        source.settings.id_field = field;
      } else if (column == "text") {
        source.settings.text_field = field;
      } else {
        source.settings.columns.emplace_back(column, field);
      }
    }
    return source;
  }

  static void read_types(const Settings& values, SourceSettings& source) {
    for (const auto& [field, name] : values.text_map("types")) {
      const auto complain = [&](const std::string& what) {
        throw ConfigError(values.where("types") + ": source " + source.name + ": " + what);
      };
      if (source.format != Format::csv && source.format != Format::tsv) {
        complain("`types` goes with format: csv or tsv only");
      }
      const std::optional<Type> type = type_named(name);
      if (!type || type == Type::json || type == Type::vector) {
        complain("`types` of " + field + ": expected utf8, int64, float64 or bool; found " + name);
      }
      for (const std::string column : {"id", "text"}) {
        const auto& columns = values.text_map("columns");
        const auto filled = std::find_if(columns.begin(), columns.end(),
                                         [&](const auto& pair) { return pair.first == column; });
        if (field != (filled == columns.end() ? column : filled->second)) continue;
        if (column == "id" && type == Type::utf8) continue;
        complain("`types` of " + field + ": it fills `" + column + "`, which is utf8");
      }
      source.types.emplace_back(field, *type);
    }
  }

  void read_steps(Job& job) const {
    const Node& steps = below(root_, "steps");
    if (steps.form == Node::Form::nothing) return;
    if (steps.form != Node::Form::list) {
      throw ConfigError(steps.where + ": `steps` must be a list; found " + described(steps));
    }
    for (std::size_t i = 0; i < steps.items.size(); ++i) {
      job.steps.push_back(read_step(steps.items[i], i + 1, job.top));
    }
    for (StepSpec& step : job.steps) {
      const auto same = [&](const StepSpec& other) { return other.op == step.op; };
      const bool repeated = std::count_if(job.steps.begin(), job.steps.end(), same) > 1;
      step.label = repeated ? step.op + "#" + std::to_string(step.position) : step.op;
    }
    check_order(job.steps);
    check_reads(job.steps);
    check_vectors(job.steps);
  }

  [[nodiscard]] StepSpec read_step(const Node& node, std::size_t position,
                                   const Settings& top) const {
    const bool bare = node.form == Node::Form::scalar;
    if (!bare && node.form != Node::Form::map) {
      throw ConfigError(node.where + ": a step is an operator and its settings, for example " +
                        "`- dedup.exact: {}`; found " + described(node));
    }
    if (!bare && node.entries.size() != 1) {
      std::vector<std::string> keys;
      for (const auto& [key, value] : node.entries) keys.push_back(key.text);
      throw ConfigError(node.where + ": a step is one operator; found " +
                        (keys.empty() ? "none" : joined(keys)) + "; indent its settings below it");
    }
    const Node& name = bare ? node : node.entries.front().first;
    const OperatorDeclaration* declaration = find_operator(name.text);
    if (declaration == nullptr) {
      throw ConfigError(name.where + ": unknown step `" + name.text + "`" +
                        suggestion(name.text, operator_names()));
    }
    Node settings = bare ? kNothing : node.entries.front().second;
    // Missing keys are reported where the operator stands.
    if (settings.form == Node::Form::nothing) settings.where = name.where;
    const Node& tables = below(root_, "tables");
    if (declaration->table_parameter != nullptr) {
      settings = without_table_name(settings, declaration->table_parameter, tables);
    }
    StepSpec step;
    step.op = name.text;
    step.position = position;
    step.where = name.where;
    step.settings = read_operator(
        settings, *declaration,
        {.place = "step " + step.op, .folder = folder_, .job = &top, .where = step.where});
    return step;
  }

  // A column that a join or nearest adds is there when documents are published, not before.
  static void check_reads(const std::vector<StepSpec>& steps) {
    std::map<std::string, const StepSpec*> added;
    // Whatever ties documents is published as it was read: no join may change it later either.
    std::vector<const StepSpec*> ordered;
    for (const StepSpec& step : steps) ordered.push_back(&step);
    std::stable_partition(ordered.begin(), ordered.end(),
                          [](const StepSpec* step) { return step->op != "split"; });
    for (const StepSpec* next : ordered) {
      const StepSpec& step = *next;
      for (const auto& [setting, column] : columns_read(step)) {
        const auto found = added.find(column);
        if (found == added.end()) continue;
        throw ConfigError(step.settings.where_or(setting, step.where) + ": " + step.label +
                          " reads the column `" + column + "`, which " + found->second->label +
                          " at " + found->second->where +
                          " adds to what is published; steps see the columns of the input");
      }
      for (const auto& [setting, column] : columns_added(step)) added[column] = &step;
    }
  }

  // A vector is neither a key nor a number: only steps that compare vectors read one. And no column
  // holds both vectors and what a join adds.
  static void check_vectors(const std::vector<StepSpec>& steps) {
    std::map<std::string, const StepSpec*> vectors;
    std::map<std::string, const StepSpec*> all;
    for (const StepSpec& step : steps) {
      if (const std::string column = vectors_made(step); !column.empty()) all[column] = &step;
    }
    for (const StepSpec& step : steps) {
      const bool compares =
          step.op == "embed" || step.op == "dedup.semantic" || step.op == "nearest";
      for (const auto& [setting, column] : columns_read(step)) {
        // What split ties documents by is compared as it is published.
        const auto& known = step.op == "split" ? all : vectors;
        const auto found = known.find(column);
        if (found == known.end() || (compares && setting != "keep")) continue;
        throw ConfigError(step.settings.where_or(setting, step.where) + ": " + step.label + ": " +
                          setting + " names the column `" + column + "`, which " +
                          found->second->label + " at " + found->second->where +
                          " makes vectors; only steps that compare vectors read them");
      }
      for (const auto& [setting, column] : columns_added(step)) {
        const auto found = all.find(column);
        if (found == all.end()) continue;
        throw ConfigError(step.settings.where_or(setting, step.where) + ": " + step.label +
                          " adds the column `" + column + "`, which " + found->second->label +
                          " at " + found->second->where + " makes vectors; give it another name");
      }
      const std::string column = vectors_made(step);
      if (column.empty()) continue;
      const bool replaces = step.settings.has("of") && step.settings.text("of") == column;
      if (!vectors.emplace(column, &step).second && !replaces) {
        throw ConfigError(step.settings.where_or("column", step.where) + ": " + step.label +
                          ": an embed step before it makes the column `" + column + "` already");
      }
    }
  }

  // Splits follow the groups that all deduplication found: it has to come before.
  static void check_order(const std::vector<StepSpec>& steps) {
    const StepSpec* split = nullptr;
    const StepSpec* exclude = nullptr;
    const StepSpec* cuts = nullptr;
    std::map<std::string, const StepSpec*> tables;
    for (const StepSpec& step : steps) {
      const auto made = make_global_operator(step.op, step.label, step.settings, {});
      if (cuts != nullptr && made && made->cuts_text()) {
        throw ConfigError(step.where + ": " + step.label + " is a second step that cuts items " +
                          "out; the first is " + cuts->label + " at " + cuts->where +
                          "; put all benchmarks into one `against`");
      }
      if (cuts != nullptr && step.op != "exclude" && step.op != "join" && step.op != "nearest" &&
          step.op != "aggregate" && step.op != "tokenize" && step.op != "split") {
        throw ConfigError(step.where + ": " + step.label + " must come before " + cuts->label +
                          ", which cuts items out when documents are published; see " +
                          cuts->where);
      }
      if (step.op == "exclude") {
        if (exclude != nullptr) {
          throw ConfigError(step.where + ": a second exclude; the first is at " + exclude->where +
                            "; put all ids into one file");
        }
        exclude = &step;
      }
      if (made && made->cuts_text()) cuts = &step;
      for (const TableKey& key : made ? made->made_tables() : std::vector<TableKey>{}) {
        const StepSpec*& table = tables[key.name];
        if (table != nullptr) {
          throw ConfigError(step.settings.where_or("name", step.where) + ": a second table `" +
                            key.name + "`; the first is at " + table->where);
        }
        table = &step;
      }
      if (step.op == "split") {
        if (split != nullptr) {
          throw ConfigError(step.where + ": a second split; the first is at " + split->where);
        }
        split = &step;
      } else if (split != nullptr && step.op.starts_with("dedup.")) {
        throw ConfigError(step.where + ": " + step.op + " must come before split, which is at " +
                          split->where);
      }
    }
  }

  const Node& root_;
  std::string folder_;
};

}  // namespace

Job parse_job(const std::string& text, const std::string& name, const std::string& folder,
              const std::vector<std::string>& overrides) {
  Node root = parse_yaml(text, name);
  apply_overrides(root, overrides);
  Job job = JobReader(root, folder).read();
  job.path = name;
  job.text = text;
  job.overrides = overrides;
  return job;
}

Job read_job(const std::string& path, const std::vector<std::string>& overrides) {
  if (std::filesystem::is_directory(path)) {
    throw ConfigError(path + ": the job file cannot be read: it is a directory");
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    throw ConfigError(path + ": the job file cannot be read: " + std::strerror(errno));
  }
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const auto folder = std::filesystem::absolute(path).lexically_normal().parent_path();
  Job job = parse_job(text, path, folder.string(), overrides);
  for (const StepSpec& step : job.steps) {
    const std::string& lacks = find_operator(step.op)->lacks;
    if (!lacks.empty()) throw ConfigError(step.where + ": " + step.label + " needs " + lacks);
  }
  return job;
}

}  // namespace shardmill
