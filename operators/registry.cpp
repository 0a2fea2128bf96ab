#include "operators/registry.hpp"

#include "operators/contamination/decontaminate.hpp"
#include "operators/dedup/exact.hpp"
#include "operators/dedup/minhash.hpp"
#include "operators/embed/embed_step.hpp"
#include "operators/embed/vector_sources.hpp"
#include "operators/filter/filter_step.hpp"
#include "operators/nearest/nearest_step.hpp"
#include "operators/normalize/normalize_step.hpp"
#include "operators/semantic/semantic.hpp"
#include "operators/split/lineage_step.hpp"
#include "operators/table/aggregate_step.hpp"
#include "operators/table/join_step.hpp"
#include "operators/tokenize/tokenize_step.hpp"

namespace shardmill {

std::unique_ptr<RowOperator> make_row_operator(const std::string& op, const Settings& settings,
                                               const std::vector<std::string>& sources) {
  if (op == "normalize") return std::make_unique<NormalizeStep>(settings);
  if (op == "embed") return std::make_unique<EmbedStep>(settings);
  if (op == "filter") return std::make_unique<FilterStep>(settings, sources);
  return nullptr;
}

std::unique_ptr<GlobalOperator> make_global_operator(const std::string& op,
                                                     const std::string& label,
                                                     const Settings& settings,
                                                     const std::vector<std::string>& sources) {
  if (op == "dedup.exact") return std::make_unique<ExactDedup>(KeepRule(settings.list("keep")));
  if (op == "dedup.minhash") return std::make_unique<MinHashDedup>(minhash_settings(settings));
  if (op == "dedup.semantic") {
    return std::make_unique<SemanticDedup>(semantic_settings(settings, label));
  }
  if (op == "join") return std::make_unique<JoinStep>(join_settings(settings, label), sources);
  if (op == "nearest") return std::make_unique<NearestStep>(nearest_settings(settings, label));
  if (op == "aggregate") {
    return std::make_unique<AggregateStep>(aggregate_settings(settings, label), sources);
  }
  if (op == "decontaminate") {
    return std::make_unique<Decontaminate>(
        decontaminate_settings(settings, label), sources,
        settings.has("embed") ? text_source(settings.text("embed"), settings) : nullptr);
  }
  if (op == "tokenize") return std::make_unique<TokenizeStep>(tokenize_settings(settings));
  if (op == "split" && !settings.list("group_by").empty()) {
    return std::make_unique<LineageStep>(label, settings.list("group_by"), sources);
  }
  return nullptr;
}

}  // namespace shardmill
