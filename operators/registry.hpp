// The one place that knows every operator's class.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/plan/global_operator.hpp"
#include "engine/plan/parameter.hpp"
#include "engine/plan/row_operator.hpp"

namespace shardmill {

// Null when the operator is not of that kind. `sources`: the job's source names by position.
[[nodiscard]] std::unique_ptr<RowOperator> make_row_operator(
    const std::string& op, const Settings& settings, const std::vector<std::string>& sources);
// `label`: the step's name in messages.
[[nodiscard]] std::unique_ptr<GlobalOperator> make_global_operator(
    const std::string& op, const std::string& label, const Settings& settings,
    const std::vector<std::string>& sources);

}  // namespace shardmill
