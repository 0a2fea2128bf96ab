// Every command of the program and the options it takes, declared once: parsing, help and
// suggestions all come from these lines.
#pragma once

#include <string>
#include <vector>

namespace shardmill {

struct Option {
  std::string name;   // without "--"
  std::string value;  // what stands after it in the help; empty: a switch
  std::string help;
  bool many = false;  // may be given several times
};

struct Command {
  std::string name;
  std::vector<std::string> arguments;  // "JOB.yaml", "DIR", "ID", "[COMMAND]": may be left out
  std::string help;
  std::vector<std::string> options;  // names of options
};

[[nodiscard]] const std::vector<Command>& commands();
[[nodiscard]] const Option& option(const std::string& name);
// nullptr when there is none.
[[nodiscard]] const Command* find_command(const std::string& name);
// "shardmill run JOB.yaml [options]"
[[nodiscard]] std::string usage(const Command& command);

}  // namespace shardmill
