// Every operator of this version and every section of a job file, each parameter declared once.
#pragma once

#include <string>
#include <vector>

#include "engine/plan/parameter.hpp"

namespace shardmill {

[[nodiscard]] const std::vector<OperatorDeclaration>& operator_declarations();
// nullptr when there is no such operator.
[[nodiscard]] const OperatorDeclaration* find_operator(std::string_view name);
[[nodiscard]] std::vector<std::string> operator_names();
// Whether the operator drops documents that are like another: with a score and a `threshold`.
[[nodiscard]] bool finds_near_duplicates(std::string_view name);

// Those of the steps that read tables and make them (table_declarations.cpp,
// contamination_declarations.cpp).
[[nodiscard]] OperatorDeclaration join_declaration();
[[nodiscard]] OperatorDeclaration aggregate_declaration();
[[nodiscard]] OperatorDeclaration decontaminate_declaration();
// embed_declarations.cpp
[[nodiscard]] OperatorDeclaration embed_declaration();
// Settings of a step that makes vectors, beside the one that says from what.
[[nodiscard]] std::vector<Parameter> vector_parameters();
// What is wrong with them together: the setting and the message. `chosen_by`: the one that says
// from what, with the value `from`; empty when it is not set.
[[nodiscard]] std::pair<std::string, std::string> vector_fault(const Settings& settings,
                                                               const std::string& chosen_by,
                                                               const std::string& from);
// vector_declarations.cpp
// What this build lacks to compare vectors; empty: nothing.
[[nodiscard]] std::string lacking_for_vectors();
[[nodiscard]] OperatorDeclaration semantic_declaration();
[[nodiscard]] OperatorDeclaration nearest_declaration();
// token_declarations.cpp
[[nodiscard]] OperatorDeclaration tokenize_declaration();
// Settings that several deduplications have: `keep`, and `cluster` (witness or components).
[[nodiscard]] Parameter keep_parameter();
[[nodiscard]] Parameter against_parameter();
[[nodiscard]] Parameter cluster_parameter();
// How a table is read, wherever it is declared: format, group, types, max_record.
[[nodiscard]] std::vector<Parameter> table_parameters();
// What is wrong with a table's name, or "".
[[nodiscard]] std::string table_name_fault(const std::string& name);
// The setting that is wrong and why, or empty; of what table_section declares.
[[nodiscard]] std::pair<std::string, std::string> table_fault(const Settings& settings);

// What `checks` may hold (check_declarations.cpp). None affects bytes of a shard: a changed check
// measures anew and does nothing else again.
[[nodiscard]] const std::vector<OperatorDeclaration>& check_declarations();

// A part of the job file that is not a step.
struct Section {
  std::string name;  // for messages: "the job", "source", "tolerate", "write.text"
  std::vector<Parameter> parameters;
};
// Top-level scalars; `sources`, `tables`, `steps`, `checks`, `write` and `tolerate` are read apart.
[[nodiscard]] const Section& job_section();
[[nodiscard]] const Section& source_section();
// An entry of `tables`.
[[nodiscard]] const Section& table_section();
[[nodiscard]] const Section& tolerate_section();
[[nodiscard]] const Section& write_text_section();
[[nodiscard]] const Section& write_tokens_section();

// An entry of `keep` is one of: source, longest, shortest, newest:COLUMN, highest:COLUMN,
// lowest:COLUMN. What is wrong with it, or "".
[[nodiscard]] std::string keep_fault(const std::string& entry);

}  // namespace shardmill
