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
[[nodiscard]] OperatorDeclaration embed_declaration();  // embed_declarations.cpp
// vector_declarations.cpp
[[nodiscard]] OperatorDeclaration semantic_declaration();
[[nodiscard]] OperatorDeclaration nearest_declaration();
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

// A part of the job file that is not a step.
struct Section {
  std::string name;  // for messages: "the job", "source", "tolerate", "write.text"
  std::vector<Parameter> parameters;
};
// Top-level scalars; `sources`, `tables`, `steps`, `write` and `tolerate` are the sections below.
[[nodiscard]] const Section& job_section();
[[nodiscard]] const Section& source_section();
// An entry of `tables`.
[[nodiscard]] const Section& table_section();
[[nodiscard]] const Section& tolerate_section();
[[nodiscard]] const Section& write_text_section();

// An entry of `keep` is one of: source, longest, shortest, newest:COLUMN, highest:COLUMN,
// lowest:COLUMN. What is wrong with it, or "".
[[nodiscard]] std::string keep_fault(const std::string& entry);

}  // namespace shardmill
