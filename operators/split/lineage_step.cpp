#include "operators/split/lineage_step.hpp"

#include <cstring>

#include "engine/batch/wire.hpp"
#include "engine/exchange/partition.hpp"
#include "engine/exchange/shuffle.hpp"
#include "operators/split/lineage_value.hpp"
#include "operators/table/document_value.hpp"

namespace shardmill {
namespace {

// A document that has a value.
struct Holder {
  Hash128 value;
  u64 key;
  auto operator<=>(const Holder&) const = default;
  [[nodiscard]] u64 leading() const { return value.high; }
};

// Ties the holders of each value, sorted, to its first; calls f with that.
template <class F>
void tie(const Records<Holder>& holders, Records<Edge>& edges, F&& f) {
  Holder first{};
  holders.for_each([&](const Holder& holder) {
    if (holder.value == first.value) {
      edges.push({first.key, holder.key});
    } else {
      first = holder;
      f(first);
    }
  });
}

}  // namespace

LineageStep::LineageStep(std::string label, std::vector<std::string> columns,
                         std::vector<std::string> sources)
    : label_(std::move(label)), columns_(std::move(columns)), sources_(std::move(sources)) {}

std::size_t LineageStep::sketch_bytes() const { return columns_.size() * sizeof(Hash128); }

std::string LineageStep::sketch_settings() const {
  std::string text;
  for (const std::string& column : columns_) WireWriter(text).text(column);
  return text;
}

void LineageStep::sketch(const Batch& batch, std::string& out) {
  std::vector<LineageColumn> columns;
  std::vector<DocumentValue> values;
  for (const std::string& column : columns_) {
    columns.emplace_back(column);
    values.emplace_back(batch, sources_, column);
  }
  for (std::size_t row = 0; row < batch.size(); ++row) {
    for (std::size_t c = 0; c < columns.size(); ++c) {
      Hash128 hash;
      if (const auto json = values[c].json(row)) {
        hash = columns[c].of_json(*json);
      } else if (const auto text = values[c].text(row)) {  // of id and source
        hash = columns[c].of_text(*text);
      }
      out.append(reinterpret_cast<const char*>(&hash), sizeof hash);
    }
  }
}

void LineageStep::resolve(Cluster& cluster, Sketches& sketches, u32, Findings& findings) {
  const std::string name = label_ + ".values";
  Records<Holder> here(cluster, name, cluster.budget.lease(name, 0.2));
  sketches.for_each([&](DocKey document, std::string_view sketch) {
    for (std::size_t at = 0; at < sketch.size(); at += sizeof(Hash128)) {
      Holder holder{{}, document.value};
      std::memcpy(&holder.value, sketch.data() + at, sizeof holder.value);
      if (holder.value != Hash128{}) here.push(holder);
    }
  });
  here.sort();
  Shuffle<Holder> firsts(cluster, label_ + ".firsts",
                         cluster.budget.lease(label_ + ".firsts", 0.2));
  tie(here, findings.edges,
      [&](const Holder& first) { firsts.put(owner_of(first.value.high, cluster.size()), first); });
  Records<Holder> everywhere = firsts.finish();
  everywhere.sort();
  tie(everywhere, findings.edges, [](const Holder&) {});
}

}  // namespace shardmill
