#include "jobs/spec/token_rules.hpp"

#include <algorithm>

#include "cluster/error.hpp"

namespace shardmill {
namespace {

std::vector<std::string> split_names(const Job& job) {
  std::vector<std::string> names;
  for (const StepSpec& step : job.steps) {
    if (step.op != "split") continue;
    for (const auto& [name, part] : step.settings.decimal_map("fractions")) names.push_back(name);
  }
  return names.empty() ? std::vector<std::string>{"train"} : names;
}

// Weights are counted in millionths (jobs/run/token_weights.cpp).
void refuse_tiny_weights(const Settings& settings) {
  for (const char* name : {"epochs", "shares", "cluster_epochs"}) {
    for (const auto& [value, number] : settings.decimal_map(name)) {
      if (number.numerator == 0 || number >= Decimal{1, 1'000'000}) continue;
      throw ConfigError(settings.where(name) + ": `" + value + "`: expected 0 or at least " +
                        "0.000001, found " + number.text() + "; six decimals count");
    }
  }
}

void check_weights(const Job& job) {
  const Settings& settings = job.write_tokens;
  const auto shares = settings.decimal_map("shares");
  const auto epochs = settings.decimal_map("epochs");
  if (!shares.empty() && !epochs.empty()) {
    throw ConfigError(settings.where("shares") + ": say `epochs` or `shares`, one of the two");
  }
  refuse_tiny_weights(settings);
  const auto clusters = settings.decimal_map("cluster_epochs");
  const auto nothing = [](const auto& entry) { return entry.second.numerator == 0; };
  const auto of_all = [](const auto& entry) { return entry.first == "1"; };
  if (std::any_of(clusters.begin(), clusters.end(), of_all) &&
      std::all_of(clusters.begin(), clusters.end(), nothing)) {
    throw nothing_weighted(settings);
  }
  if (!shares.empty() && std::all_of(shares.begin(), shares.end(), nothing)) {
    throw ConfigError(settings.where("shares") + ": the shares sum to nothing");
  }
  if (settings.text("weights_by") == "source") {
    for (const auto& [name, number] : shares.empty() ? epochs : shares) {
      const auto named = [&](const SourceSpec& source) { return source.settings.name == name; };
      if (std::any_of(job.sources.begin(), job.sources.end(), named)) continue;
      throw ConfigError(settings.where(shares.empty() ? "epochs" : "shares") +
                        ": no source is called `" + name + "`");
    }
    const bool all = epochs.size() == job.sources.size();
    if (all && std::all_of(epochs.begin(), epochs.end(), nothing)) {
      throw ConfigError(settings.where("epochs") + ": no source is left");
    }
  }
  const std::vector<std::string> splits = split_names(job);
  if (std::find(splits.begin(), splits.end(), weighted_split(job)) == splits.end()) {
    throw ConfigError(settings.where("weights_split") + ": no split is called `" +
                      weighted_split(job) + "`");
  }
}

}  // namespace

std::optional<SampleFormat> sample_format(const Settings& settings) {
  if (settings.text("layout") != "sample" || !settings.has("max_sequence_length")) return {};
  const auto packing =
      std::find(kPackings.begin(), kPackings.end(), settings.text("packing")) - kPackings.begin();
  return SampleFormat{narrow<u32>(settings.integer("max_sequence_length")),
                      static_cast<Packing>(packing), settings.boolean("attention_spans")};
}

std::string weighted_split(const Job& job) {
  const Settings& settings = job.write_tokens;
  return settings.has("weights_split") ? settings.text("weights_split") : split_names(job)[0];
}

bool weighs_tokens(const Settings& write_tokens) {
  return !write_tokens.decimal_map("epochs").empty() ||
         !write_tokens.decimal_map("shares").empty() ||
         !write_tokens.decimal_map("cluster_epochs").empty();
}

ConfigError nothing_weighted(const Settings& write_tokens) {
  const auto given = [&](const char* name) { return !write_tokens.decimal_map(name).empty(); };
  const char* name = given("epochs") ? "epochs" : given("shares") ? "shares" : "cluster_epochs";
  return ConfigError(write_tokens.where(name) +
                     ": the weights sum to nothing: no document of the weighted split is left");
}

void check_tokens(const Job& job, const Node& write) {
  const StepSpec* tokenize = nullptr;
  for (const StepSpec& step : job.steps) {
    if (step.op == "tokenize") {
      if (tokenize != nullptr) {
        throw ConfigError(step.where + ": a second tokenize; the first is at " + tokenize->where);
      }
      tokenize = &step;
    } else if (tokenize != nullptr && step.op == "normalize") {
      throw ConfigError(step.where + ": " + step.label + " must come before tokenize, which is " +
                        "at " + tokenize->where);
    }
  }
  const Node* tokens = write.find("tokens");
  if (tokens == nullptr) return;
  if (tokenize == nullptr) {
    throw ConfigError(tokens->where + ": `write.tokens` needs a step `tokenize`");
  }
  const bool samples = job.write_tokens.text("layout") == "sample";
  for (const char* name : {"max_sequence_length", "packing", "attention_spans"}) {
    const Node* given = tokens->find(name);
    if (given != nullptr && !samples) {
      throw ConfigError(given->where + ": `" + name + "` is for `layout: sample`");
    }
  }
  check_weights(job);
  if (samples && !job.write_tokens.has("max_sequence_length")) {
    throw ConfigError(tokens->where +
                      ": `layout: sample` needs `max_sequence_length`, positions of a sample");
  }
}

}  // namespace shardmill
