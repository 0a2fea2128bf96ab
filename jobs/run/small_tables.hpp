// The rows of the side tables: ledger and clusters.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/batch/batch.hpp"

namespace shardmill {

// One verdict about one document (DESIGN 9).
struct LedgerRow {
  std::string_view id;
  DocKey key;
  std::string_view source;
  std::string_view step = {};
  std::string_view fate = {};  // kept, dropped, evidence
  std::string_view reason = {};
  std::optional<std::string_view> witness = {};
  std::optional<DocKey> witness_key = {};  // of a witness that is a document
  u64 score_num = 0;
  u64 score_den = 0;  // 0: no score
  std::string_view detector = {};
  u64 span_begin = 0;  // bytes of the text as the step saw it; with a detector only
  u64 span_end = 0;
  // Keys of the first documents: of the duplicates, and of what a split by columns keeps together
  // (which has no column in other jobs). Its own when it is alone; none of an excluded document.
  std::optional<DocKey> cluster = {};
  std::optional<DocKey> group = {};
};

// A group of two or more documents that belong together.
struct ClusterRow {
  std::string_view id;  // of its first document
  DocKey root;
  u64 size = 0;
  u64 kept = 0;
  std::map<std::string, u64> sources = {};
};

// `with_groups`: of a job that splits by columns.
[[nodiscard]] const Schema& ledger_schema(bool with_groups);
[[nodiscard]] const Schema& clusters_schema();

// One value per column in schema order; `held` keeps what has to be made, until the next call.
using SmallValues = std::vector<std::optional<std::string_view>>;
[[nodiscard]] SmallValues ledger_values(const LedgerRow& row, const Schema& schema,
                                        std::vector<std::string>& held);
[[nodiscard]] SmallValues cluster_values(const ClusterRow& row, std::vector<std::string>& held);

}  // namespace shardmill
