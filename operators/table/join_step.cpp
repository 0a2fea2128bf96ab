#include "operators/table/join_step.hpp"

#include <cstring>

#include "cluster/agree.hpp"
#include "engine/algorithm/co_locate.hpp"
#include "engine/batch/wire.hpp"
#include "engine/plan/spelling.hpp"
#include "operators/table/document_value.hpp"
#include "operators/table/join_key.hpp"

namespace shardmill {
namespace {

// A document that asks for the rows with its key.
struct Asking {
  Hash128 key;
  DocKey document;
  auto operator<=>(const Asking&) const = default;
  [[nodiscard]] u64 leading() const { return key.high; }
};

// Walks along the sorted rows of a table and says what those of one key mean for a document.
class Answers {
 public:
  // `files`: by the ordinal in a row's place.
  Answers(const Rows& rows, const std::vector<std::string>& files, const JoinSettings& settings)
      : files_(files),
        settings_(settings),
        cursor_(rows.cursor()),
        row_(cursor_.next()),
        lists_(settings.columns.size()) {}

  // Keys come in ascending order. False when no row has this one; otherwise payload() is of them.
  bool find(const Hash128& key, DocKey document) {
    if (key == key_) return rows_ > 0;
    key_ = key;
    rows_ = 0;
    while (row_ != nullptr && read_key(row_->key) < key) row_ = cursor_.next();
    for (; row_ != nullptr && read_key(row_->key) == key; row_ = cursor_.next()) take(document);
    if (rows_ > 0) make_payload();
    return rows_ > 0;
  }
  [[nodiscard]] const std::string& payload() const { return payload_; }

 private:
  using Several = JoinSettings::Several;

  void take(DocKey document) {
    const DocKey place{read_sortable(row_->payload)};
    const std::string_view values = row_->payload.substr(sizeof(u64));
    if (++rows_ == 1) {
      first_ = place;
      values_ = values;
      for (std::string& list : lists_) list.clear();
    }
    if (settings_.columns.empty()) return;
    if (rows_ == 2 && settings_.several == Several::error) {
      throw DataError(settings_.table.step + ": document " + document.text() +
                      " meets several rows: " + where(first_) + " and " + where(place) +
                      " have its key; set multiplicity to first or all, or mend the table");
    }
    if (settings_.several == Several::all) append(values);
  }

  // `all`: a column's values become a JSON array.
  void append(std::string_view values) {
    WireReader in(values, "values of a table's row");
    u64 bytes = 0;
    for (std::string& list : lists_) {
      list += rows_ == 1 ? '[' : ',';
      list += in.optional_text().value_or("null");
      bytes += list.size();
    }
    if (bytes <= settings_.table.source.max_record) return;
    throw DataError(settings_.table.step + ": the rows with the key of " + where(first_) +
                    " have more than " + std::to_string(settings_.table.source.max_record) +
                    " bytes of values (max_record); multiplicity `first` takes one of them");
  }

  void make_payload() {
    payload_.clear();
    WireWriter out(payload_);
    out.number(rows_);
    if (settings_.several != Several::all) {
      payload_ += values_;
      return;
    }
    for (std::string& list : lists_) {
      list += ']';
      out.optional_text(list);
    }
  }

  [[nodiscard]] std::string where(DocKey place) const {
    return files_[place.ordinal()] + " at offset " + std::to_string(place.offset());
  }

  const std::vector<std::string>& files_;
  const JoinSettings& settings_;
  Rows::Cursor cursor_;
  const Row* row_;
  Hash128 key_;
  u64 rows_ = 0;
  DocKey first_;
  std::string values_;  // of the first row
  std::vector<std::string> lists_;
  std::string payload_;
};

}  // namespace

JoinSettings join_settings(const Settings& settings, const std::string& label) {
  JoinSettings join;
  join.table.step = label;
  join.table.files = settings.list("with");
  join.table.source = table_source(settings, label);
  join.table.key_where = settings.where("on");
  join.table.columns_where = settings.where("columns");
  for (const auto& [document, table] : settings.text_map("on")) {
    join.on.push_back(document);
    join.table.key.push_back(table);
  }
  for (const auto& [document, table] : settings.text_map("columns")) {
    join.columns.push_back(document);
    join.table.columns.push_back(table);
  }
  if (join.table.source.format == Format::hdf5) {
    // No other dataset needs to be one that can be read.
    join.table.source.fields = join.table.key;
    join.table.source.fields.insert(join.table.source.fields.end(), join.table.columns.begin(),
                                    join.table.columns.end());
  }
  const std::string& kind = settings.text("kind");
  if (kind != "left") join.keeps = JoinSettings::Keeps::matched;
  if (kind == "anti") join.keeps = JoinSettings::Keeps::unmatched;
  const std::string& several = settings.text("multiplicity");
  if (several == "first") join.several = JoinSettings::Several::first;
  if (several == "all") join.several = JoinSettings::Several::all;
  return join;
}

JoinStep::JoinStep(JoinSettings settings, std::vector<std::string> sources)
    : settings_(std::move(settings)), sources_(std::move(sources)) {}

std::vector<std::string> JoinStep::reasons() const {
  switch (settings_.keeps) {
    case JoinSettings::Keeps::all:
      return {};
    case JoinSettings::Keeps::matched:
      return {"no_match"};
    case JoinSettings::Keeps::unmatched:
      return {"match"};
  }
  throw InternalError("a join keeps something unknown");
}

std::string JoinStep::sketch_settings() const {
  std::string text;
  for (const std::string& column : settings_.on) WireWriter(text).text(column);
  return text;
}

void JoinStep::sketch(const Batch& batch, std::string& out) {
  std::vector<DocumentValue> parts;
  for (const std::string& column : settings_.on) parts.emplace_back(batch, sources_, column);
  JoinKey key;
  for (std::size_t row = 0; row < batch.size(); ++row) {
    key.begin();
    for (DocumentValue& part : parts) key.add(part.text(row));
    const Hash128 hash = key.hash();
    out.append(reinterpret_cast<const char*>(&hash), sizeof hash);
  }
}

void JoinStep::resolve(Cluster& cluster, Sketches& sketches, u32 step, Findings& findings) {
  TableRows table = read_table(cluster, settings_.table);
  if (table.rows_with_key == 0 && settings_.keeps == JoinSettings::Keeps::matched) {
    fail_together(DataError(settings_.table.key_where + ": " + settings_.table.step +
                            ": no row of " + joined(settings_.table.files) +
                            " has a key, so every document would be dropped"));
  }
  const std::string name = settings_.table.step + ".documents";
  Records<Asking> asking(cluster, name, cluster.budget.lease(name, 0.2));
  sketches.for_each([&](DocKey document, std::string_view sketch) {
    Asking one{{}, document};
    std::memcpy(&one.key, sketch.data(), sizeof one.key);
    if (one.key != Hash128{}) {
      asking.push(one);
    } else if (settings_.keeps == JoinSettings::Keeps::matched) {
      findings.drops.push({document, Verdict::kNoWitness, step, 0, 0, 0});
    }
  });
  RecordSide left(std::move(asking), std::less<Asking>{},
                  [](const Asking& one) { return one.key.high; });
  RowSide right(std::move(table.rows), [](const Row& row) { return read_key(row.key).high; });
  // As semi: of several rows one is taken, or a list is made once for all documents of the key.
  const auto [documents, rows] =
      co_locate(cluster, settings_.table.step, left, right, JoinKind::semi);
  Answers answers(rows, table.files, settings_);
  std::string key;
  agree_all(cluster.control, [&] {
    documents.for_each([&](const Asking& one) {
      const bool found = answers.find(one.key, one.document);
      if (found && !settings_.columns.empty()) {
        key.clear();
        append_sortable(key, one.document.value);
        findings.added.push(key, answers.payload());
      }
      const auto keeps = settings_.keeps;
      if (keeps != (found ? JoinSettings::Keeps::unmatched : JoinSettings::Keeps::matched)) return;
      findings.drops.push({one.document, Verdict::kNoWitness, step, 0, 0, 0});
    });
  });
  findings.kinds = table.kinds;
  if (settings_.several == JoinSettings::Several::all) {
    for (u64& kinds : findings.kinds) kinds = kinds == 0 ? 0 : kSeenOther;
  }
}

}  // namespace shardmill
