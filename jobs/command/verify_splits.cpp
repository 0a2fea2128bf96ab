#include "jobs/command/verify_splits.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>
#include <tuple>

#include "jobs/command/output.hpp"
#include "jobs/command/placement.hpp"
#include "operators/split/lineage_value.hpp"

namespace shardmill {
namespace {

constexpr double kExactUpTo = 9007199254740992.0;     // 2^53
constexpr double kInt64UpTo = 9223372036854775808.0;  // 2^63
constexpr std::size_t kValueShown = 60;               // code points

// Where a text is: position of the shard in shards("text/"), and its row there.
struct TextPlace {
  u32 shard = 0;
  u64 row = 0;
  auto operator<=>(const TextPlace&) const = default;
};

// A kept document of a cluster, by its epoch, id and source: what a text has of it.
struct ClusterText {
  DocKey cluster;
  u64 documents = 0;   // in the ledger
  bool mixed = false;  // of several clusters
  u64 found = 0;       // texts
  std::optional<TextPlace> first;
  std::optional<TextPlace> other;  // the first one in another split
};

class SplitCheck {
 public:
  SplitCheck(const Dataset& dataset, const Job& job, const LedgerContents& ledger,
             VerifyFindings& findings)
      : dataset_(dataset), placement_(job), findings_(findings), shards_(dataset.shards("text/")) {
    for (const std::string& name : placement_.lineage()) columns_.emplace_back(name);
    for (const ClusterMember& member : ledger.members) {
      const CheckedCluster& cluster = ledger.clusters.at(member.cluster);
      if (cluster.kept_found < 2) continue;
      ClusterText& text = of_clusters_[member.text];
      text.mixed |= text.documents > 0 && text.cluster != member.cluster;
      text.cluster = member.cluster;
      ++text.documents;
    }
  }

  void run() {
    if (!columns_.empty() || !of_clusters_.empty()) {
      for (u32 shard = 0; shard < shards_.size(); ++shard) read(shard);
    }
    if (!columns_.empty()) tell_values();
    clusters();
  }

 private:
  void read(u32 number) {
    const TextShardReader reader = dataset_.open(*shards_[number]);
    const u32 epoch = ShardName::parse(shards_[number]->path).epoch;
    splits_.push_back(reader.split());
    const std::size_t id = reader.column("id");
    const std::size_t source = reader.column("source");
    std::vector<std::pair<LineageColumn*, std::size_t>> present;
    for (LineageColumn& column : columns_) {
      const auto at = std::find_if(reader.schema().begin(), reader.schema().end(),
                                   [&](const ColumnSpec& c) { return c.name == column.name(); });
      if (at == reader.schema().end()) continue;
      present.emplace_back(&column, static_cast<std::size_t>(at - reader.schema().begin()));
    }
    for_each_row(reader, [&](const ShardRows& rows, u64 row) {
      const TextPlace place{number, rows.first() + row};
      for (const auto& [column, at] : present) {
        if (const auto bytes = rows.value(at, row)) {
          value(*column, reader.schema()[at].type, *bytes, place);
        }
      }
      if (of_clusters_.empty()) return;
      const auto text = of_clusters_.find(
          text_of(epoch, rows.value(id, row).value_or(""), rows.value(source, row).value_or("")));
      if (text != of_clusters_.end()) document(text->second, place);
    });
  }

  void value(LineageColumn& column, Type type, std::string_view bytes, TextPlace place) {
    const Hash128 hash = hash_of(column, type, bytes);
    if (hash == Hash128{}) return;
    const auto [at, is_new] = values_.emplace(hash, place);
    if (is_new || same_split(at->second, place)) return;
    findings_.problem(
        shards_[place.shard]->path, place.row,
        "`" + column.name() + "` is " + shown(type, bytes) + " in " + documents(place, at->second));
  }

  // {}: ties nothing, or cannot be compared.
  Hash128 hash_of(LineageColumn& column, Type type, std::string_view bytes) {
    switch (type) {
      case Type::utf8:
        return column.of_text(bytes);
      case Type::json:
        return column.of_json(bytes);
      case Type::boolean:
      case Type::int64:
        return column.of_text(plain(type, bytes));
      case Type::vector:
        return {};  // no job ties documents by one
      case Type::float64:
        break;
    }
    double number = 0;
    std::memcpy(&number, bytes.data(), sizeof number);
    if (std::abs(number) >= kExactUpTo && std::abs(number) <= kInt64UpTo) {
      ++inexact_;
      return {};
    }
    return column.of_number(number);
  }

  static std::string plain(Type type, std::string_view bytes) {
    if (type == Type::boolean) return bytes[0] != 0 ? "true" : "false";
    if (type == Type::int64) {
      i64 number = 0;
      std::memcpy(&number, bytes.data(), sizeof number);
      return std::to_string(number);
    }
    if (type == Type::float64) {
      double number = 0;
      std::memcpy(&number, bytes.data(), sizeof number);
      return std::to_string(number);
    }
    return std::string(bytes);
  }
  static std::string shown(Type type, std::string_view bytes) {
    return excerpt(plain(type, bytes), kValueShown);
  }

  void document(ClusterText& text, TextPlace place) const {
    ++text.found;
    if (!text.first) text.first = place;
    if (!text.other && !same_split(*text.first, place)) text.other = place;
  }

  [[nodiscard]] bool same_split(TextPlace a, TextPlace b) const {
    return splits_[a.shard] == splits_[b.shard];
  }

  // Two documents and their splits; shards hold ids in the order of rows, not by place.
  [[nodiscard]] std::string documents(TextPlace one, TextPlace other) const {
    return "document " + id_at(one) + " of " + splits_[one.shard] + " and in document " +
           id_at(other) + " of " + splits_[other.shard] + " (" + shards_[other.shard]->path +
           ": row " + std::to_string(other.row) + ")";
  }
  [[nodiscard]] std::string id_at(TextPlace place) const {
    if (findings_.count() >= VerifyFindings::kShown) return "";  // nobody will see it
    const TextShardReader reader = dataset_.open(*shards_[place.shard]);
    ShardRows rows;
    (void)reader.read(place.row, place.row + 1, rows);
    return std::string(rows.value(reader.column("id"), 0).value_or(""));
  }

  void tell_values() {
    std::string names;
    for (const LineageColumn& column : columns_) {
      names += (names.empty() ? "" : ", ") + column.name();
    }
    findings_.checked(std::to_string(values_.size()) + " values of " + names +
                      ": the documents of each in one split" +
                      (inexact_ == 0 ? ""
                                     : "; not checked: " + std::to_string(inexact_) +
                                           " numbers beyond 2^53 in float64 columns"));
  }

  void clusters() {
    // Of each cluster its texts by place: an order that the contents decide.
    std::vector<std::tuple<DocKey, TextPlace>> places;
    u64 unclear = 0;
    for (const auto& [hash, text] : of_clusters_) {
      if (text.mixed || text.found != text.documents) {
        unclear += text.documents;
        continue;
      }
      places.emplace_back(text.cluster, *text.first);
      if (text.other) places.emplace_back(text.cluster, *text.other);
    }
    std::sort(places.begin(), places.end());
    u64 several = 0;
    u64 straddling = 0;
    std::string example;
    for (std::size_t begin = 0; begin < places.size();) {
      const auto [cluster, first] = places[begin];
      std::size_t end = begin;
      std::optional<TextPlace> other;
      for (; end < places.size() && std::get<0>(places[end]) == cluster; ++end) {
        const TextPlace place = std::get<1>(places[end]);
        if (!other && !same_split(first, place)) other = place;
      }
      ++several;
      if (other) {
        const std::string what =
            "cluster " + cluster.text() + " straddles splits: " + documents(*other, first);
        if (straddling++ == 0) example = what;
        if (placement_.by_cluster()) {
          findings_.problem(shards_[other->shard]->path, other->row, what);
        }
      }
      begin = end;
    }
    const std::string not_checked = unclear == 0
                                        ? ""
                                        : "; not checked: " + std::to_string(unclear) +
                                              " of their documents, whose id others have too";
    if (placement_.by_cluster()) {
      findings_.checked(std::to_string(several) +
                        " clusters that keep several documents: each in one split" + not_checked);
    } else {
      findings_.checked("by: document: " + std::to_string(straddling) + " of " +
                        std::to_string(several) +
                        " clusters that keep several documents straddle splits" +
                        (straddling == 0 ? "" : "; " + example) + not_checked);
    }
  }

  const Dataset& dataset_;
  Placement placement_;
  VerifyFindings& findings_;
  std::vector<const ShardRecord*> shards_;
  std::vector<std::string> splits_;  // of shards
  std::vector<LineageColumn> columns_;
  std::unordered_map<Hash128, TextPlace, TextPlaceHash> values_;
  std::unordered_map<Hash128, ClusterText, TextPlaceHash> of_clusters_;
  u64 inexact_ = 0;
};

}  // namespace

void verify_splits(const Dataset& dataset, const Job& job, const LedgerContents& ledger,
                   VerifyFindings& findings) {
  SplitCheck(dataset, job, ledger, findings).run();
}

}  // namespace shardmill
