// What an operator can be told, declared once: the job-file checker, `--help`, `shardmill ops` and
// the JSON Schema all come from these lines. And Settings: the values one step ended up with.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cluster/types.hpp"
#include "engine/plan/decimal.hpp"

namespace shardmill {

enum class Kind : u8 {
  boolean,      // true, false
  integer,      // i64
  decimal,      // exact: Decimal
  size,         // bytes: 64MiB, 1GiB or a plain integer
  text,         // any scalar
  choice,       // one of `choices`
  path,         // made absolute, relative to the job file's folder
  text_list,    // a list of texts, or one text
  path_list,    // a list of paths (a suffix @N or @TAG is left as it is), or one path
  text_map,     // ordered: name -> text
  name_map,     // the same; a name alone, or in a list, stands for itself
  decimal_map,  // ordered: name -> Decimal
};
[[nodiscard]] const char* kind_name(Kind kind);

// What else changes when the value changes. `others`: nothing but the parameters it fills
// (presets).
enum class Affects : u8 { bytes, speed, others };
[[nodiscard]] const char* affects_name(Affects affects);

struct Parameter {
  std::string name;
  Kind kind = Kind::text;
  // As written in a job file; empty: none (the value stays unset unless a preset or the job fills
  // it). Lists and maps have no default but the empty one.
  std::string default_value = {};
  std::string unit = {};
  std::string help = {};
  Affects affects = Affects::bytes;
  bool required = false;
  std::vector<std::string> choices = {};
  // Bounds of an integer, a size (bytes), a decimal or each entry of a decimal map; empty: none.
  std::string minimum = {};
  std::string maximum = {};
  bool above_minimum = false;    // the minimum itself is out
  std::size_t at_most = 0;       // entries of a list; 0: any number
  bool is_command = false;       // a list of words: one text with blanks is no program
  bool spread = false;           // a map whose entries stand among the step's own keys
  std::string job_default = {};  // unset: the job's top-level setting of this name
  // What is wrong with one text (each, in a list; each name, in a map), empty when nothing is.
  std::string (*fault)(const std::string& text) = nullptr;
};

class Settings;

// A named set of defaults: fills what the job does not set.
struct Preset {
  std::string name;
  std::vector<std::pair<std::string, std::string>> values;
};

struct OperatorDeclaration {
  enum class Works : u8 { row, global };
  std::string name;  // "dedup.minhash"
  std::string help;
  std::vector<Parameter> parameters;
  Works works = Works::row;
  u32 version = 1;
  std::vector<Preset> presets = {};  // chosen by the parameter named `preset`
  // The parameter that may be a name of the job's `tables`.
  const char* table_parameter = nullptr;
  // What is wrong with the values together: the parameter to point at and the message.
  std::pair<std::string, std::string> (*fault)(const Settings& settings) = nullptr;
  // What this build of the program lacks to run the step; empty: nothing.
  std::string lacks = {};

  [[nodiscard]] const Parameter* find(std::string_view parameter) const;
};

// One value in normal form: decimals without trailing zeros, sizes in bytes, paths absolute.
struct Value {
  std::string text = {};
  std::vector<std::string> list = {};
  std::vector<std::pair<std::string, std::string>> map = {};
};

// A text as a value of one is shown: as it is, or in quotes when it is empty or has one of these
// characters, a quote, or blanks around it.
[[nodiscard]] std::string shown_text(std::string_view text, std::string_view unlike);

// The resolved values of one step (or section of a job file), in order of declaration. Getters
// throw InternalError for a name that was not declared, is unset, or is of another kind.
class Settings {
 public:
  // `where`: "job.yaml:12:5", "--set steps.split.by", "preset dolma3" or "default".
  void set(const Parameter& parameter, Value value, std::string where);
  // Declared, but without a value.
  void unset(const Parameter& parameter);

  [[nodiscard]] bool has(std::string_view name) const;  // declared and set
  [[nodiscard]] bool boolean(std::string_view name) const;
  [[nodiscard]] i64 integer(std::string_view name) const;
  [[nodiscard]] Bytes size(std::string_view name) const;
  [[nodiscard]] Decimal decimal(std::string_view name) const;
  [[nodiscard]] const std::string& text(std::string_view name) const;  // text, choice, path
  [[nodiscard]] const std::vector<std::string>& list(std::string_view name) const;
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& text_map(
      std::string_view name) const;
  [[nodiscard]] std::vector<std::pair<std::string, Decimal>> decimal_map(
      std::string_view name) const;

  // Where the value was written; "preset NAME" or "default" when nobody wrote one.
  [[nodiscard]] const std::string& where(std::string_view name) const;
  // For messages: where the job says it, or `otherwise` when a preset or the default does.
  [[nodiscard]] std::string where_or(std::string_view name, const std::string& otherwise) const;
  [[nodiscard]] std::vector<std::string> names() const;
  // The value for people: `true`, `0.8`, `[longest, source]`, `{train: 0.9}`, `-` when unset. Other
  // values look otherwise: what could be taken for several, or for none, is in quotes.
  [[nodiscard]] std::string shown(std::string_view name) const;
  // The values that affect bytes, for fingerprints: sorted by name, each length-prefixed, so that
  // two settings have the same text exactly when they mean the same.
  [[nodiscard]] std::string canonical() const;

 private:
  struct Entry {
    std::string name;
    Kind kind;
    Affects affects;
    bool is_set;
    Value value;
    std::string where;
  };
  [[nodiscard]] const Entry* find(std::string_view name) const;
  [[nodiscard]] const Entry& declared(std::string_view name) const;
  [[nodiscard]] const Value& value(std::string_view name, Kind kind) const;
  void put(Entry entry);

  std::vector<Entry> entries_;
};

}  // namespace shardmill
