#include "jobs/run/published_rows.hpp"

#include <algorithm>

#include "cluster/agree.hpp"
#include "engine/batch/wire.hpp"
#include "engine/exchange/partition.hpp"
#include "engine/exchange/shuffle.hpp"
#include "engine/hash/hash.hpp"
#include "jobs/report/excerpts.hpp"
#include "jobs/run/block_tokens.hpp"
#include "jobs/run/contamination_reports.hpp"
#include "jobs/run/fate.hpp"
#include "jobs/run/ledger_lines.hpp"
#include "jobs/run/published_tables.hpp"
#include "jobs/run/search_recalls.hpp"
#include "jobs/run/small_tables.hpp"
#include "jobs/run/text_cuts.hpp"
#include "jobs/run/text_values.hpp"
#include "jobs/run/witness_ids.hpp"
#include "jobs/spec/declarations.hpp"
#include "jobs/spec/token_rules.hpp"
#include "operators/write/token_shard_writer.hpp"
#include "operators/write/value_bytes.hpp"

namespace shardmill {
namespace {

// Places are 64-bit hashes of ids: equal ids stand side by side.
u64 count_repeats(Records<u64> places) {
  places.sort();
  u64 repeats = 0;
  std::optional<u64> last;
  places.for_each([&](const u64& place) {
    if (last == place) ++repeats;
    last = place;
  });
  return repeats;
}

}  // namespace

// Makes heads and small rows while walking through fates.
class PublishedRows::Builder {
 public:
  Builder(Cluster& cluster, const Decided& decided, const TokenWeights& weights,
          Records<RowHead>& heads, Rows& small_rows)
      : decided_(decided),
        copies_(decided, weights),
        numbers_(numbers_of(decided)),
        heads_(heads),
        small_rows_(small_rows),
        witness_ids_(fetch_witness_ids(cluster, decided)),
        next_witness_(witness_ids_.cursor()),
        witness_(next_witness_.next()),
        shuffle_seed_(seed_for("shuffle", decided.job.seed)) {
    if (const auto step = decided.pipeline.tokenize()) tokens_.emplace(decided.pipeline, *step);
  }

  void document(const Documents::Block& block, std::size_t row, const Fate& fate) {
    if (block.serial != block_) {
      block.fragment.ids(block.number, ids_);
      if (tokens_) tokens_->begin(block);
      if (tokens_) copies_.begin(block);
      block_ = block.serial;
    }
    const DocEntry& entry = block.entries[row];
    const std::string& source = decided_.job.sources[entry.source].settings.name;
    count(fate, source, entry);
    if (fate.kept()) {
      const u32 split = split_of(decided_, fate, ids_[row]);
      RowHead head{numbers_.text(split, epoch_of(block)), 0, entry.place, entry.bytes,
                   entry.content};
      for (std::size_t n = 0; n < fate.added.size(); ++n) add_to(head, fate.added[n], n);
      if (const TextCuts cuts(fate); !cuts.empty()) {
        head.bytes -= cuts.bytes_gone();
        head.content += cuts.content();
      }
      heads_.push(head);
      const std::string& name = decided_.splits.names()[split];
      ++tally_["split\n" + name];
      if (tokens_) {
        const u64 n = tokens_->count(row, fate) + 1;
        // Equal texts with equal tokenizers have equal tokens: what names the text names them too.
        const u64 content =
            mix64(entry.content ^ mix64(entry.key.value)) + TextCuts(fate).content();
        const u32 copies = copies_.of(row, ids_[row], split, fate);
        for (u32 copy = 0; copy < copies; ++copy) {
          heads_.push({numbers_.tokens(split, epoch_of(block)), 0,
                       copies_.place(entry, ids_[row], copy), n * tokens_->format().width(),
                       copy == 0 ? content : mix64(content + copy)});
        }
        tally_["tokens\n" + name] += n * copies;
        if (const auto value = copies_.weighted_as(row, split)) {
          const std::string mixture = "mixture\n" + *value + "\n";
          if (copies_.weight(row, fate) > 0) ++tally_["above_zero"];
          ++tally_[mixture + "documents"];
          tally_[mixture + "tokens"] += n;
          tally_[mixture + "published_documents"] += copies;
          tally_[mixture + "published_tokens"] += n * copies;
        }
        tally_["source_tokens\n" + source + "\ntokens"] += n;
        tally_["source_tokens\n" + source + "\ntext_bytes"] += tokens_->text_bytes(row, fate);
      }
    }
    ledger(epoch_of(block), entry, ids_[row], source, fate);
  }

  void clusters() {
    auto next = decided_.groups.members.cursor();
    const Member* member = next.next();
    TextColumn ids;
    decided_.documents.for_each_block([&](const Documents::Block& block) {
      if (member == nullptr || block.entries.empty()) return;
      if (block.entries.back().key.value < member->root) return;
      block.fragment.ids(block.number, ids);
      for (std::size_t row = 0; row < block.entries.size() && member != nullptr; ++row) {
        const u64 root = block.entries[row].key.value;
        if (root != member->root) continue;
        ClusterRow cluster{.id = ids[row], .root = DocKey{root}};
        DuplicateGroup group{.root = root, .members = {}};
        for (; member != nullptr && member->root == root; member = next.next()) {
          group.add(member->key, decided_.job.sources[member->source].settings.name,
                    member->kept != 0);
          ++cluster.size;
          cluster.kept += member->kept;
          ++cluster.sources[decided_.job.sources[member->source].settings.name];
        }
        statistics_.add_cluster(std::move(group));
        values_ = cluster_values(cluster, held_);
        small_row(numbers_.clusters(epoch_of(block)), block.entries[row].place, ids[row],
                  DocKey{root}, 0, clusters_schema());
      }
    });
  }

  void made_tables() {
    for (u32 number = 0; number < decided_.resolution.made.size(); ++number) {
      const MadeTable& made = decided_.resolution.made[number];
      made.rows.for_each([&](std::string_view id, std::string_view payload) {
        values_.clear();
        WireReader in(payload, "a row of a made table");
        while (values_.size() < made.columns.size()) values_.push_back(in.optional_text());
        small_row(numbers_.made(number), hash64(id, shuffle_seed_), id, {}, 0, made.columns);
      });
    }
  }

  [[nodiscard]] Tally& tally() { return tally_; }
  [[nodiscard]] Statistics& statistics() { return statistics_; }

 private:
  void count(const Fate& fate, const std::string& source, const DocEntry& entry) {
    ++tally_["in"];
    ++tally_["source\n" + source + "\nin"];
    for (const u32 step : fate.changed_by)
      ++tally_["changed\n" + decided_.pipeline.steps[step].label];
    if (const auto cut = first_cut(fate)) {
      const std::string& label = decided_.pipeline.steps[*cut].label;
      ++tally_["changed\n" + label];
      tally_["cut_bytes\n" + label] += TextCuts(fate).bytes_cut();
    }
    for (const AddedValues& added : fate.added) {
      const std::string& label = decided_.pipeline.steps[added.step].label;
      ++tally_["joined\n" + label + "\ndocuments"];
      if (added.rows > 1) ++tally_["joined\n" + label + "\nwith_several_rows"];
    }
    if (fate.kept()) {
      ++tally_["kept"];
      ++tally_["source\n" + source + "\nkept"];
      const u64 bytes = entry.bytes - TextCuts(fate).bytes_gone();
      tally_["text_bytes"] += bytes;
      statistics_.add_kept(bytes);
    } else {
      const Hit& hit = fate.hits[0];
      const Step& step = decided_.pipeline.steps[hit.step];
      const std::string& label = step.label;
      statistics_.add_dropped(label, entry.bytes);
      if (finds_near_duplicates(step.op) && hit.verdict != nullptr && hit.verdict->score_den > 0) {
        statistics_.add_score(hit.verdict->score_num, hit.verdict->score_den);
      }
      ++tally_["dropped\n" + label + "\n" + fate.hits[0].reason];
      ++tally_["source\n" + source + "\n" + label];
    }
  }

  // The step that takes pieces out of the text, if one does.
  static std::optional<u32> first_cut(const Fate& fate) {
    for (const StepMatch& found : fate.matches) {
      if (found.match.fate == Match::Fate::changes) return found.step;
    }
    return std::nullopt;
  }

  [[nodiscard]] u32 epoch_of(const Documents::Block& block) const {
    return decided_.catalog.shard_epoch(block.epoch);
  }

  // Values that a step added are of the row as its own are.
  void add_to(RowHead& head, const AddedValues& added, u64 number) const {
    const Step& step = decided_.pipeline.steps[added.step];
    const bool joins = step.settings->has("on_conflict");
    const u64 seed = hash64(joins ? step.settings->text("on_conflict") : "", number);
    const std::vector<std::string> columns = step.global->added_columns();
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (!added.json[i]) continue;
      head.bytes += added.json[i]->size();
      head.content += mix64(hash64(*added.json[i], hash64(columns[i], seed)));
    }
  }

  void ledger(u32 epoch, const DocEntry& entry, std::string_view id, const std::string& source,
              const Fate& fate) {
    LedgerRow row{.id = id, .key = entry.key, .source = source};
    std::string hidden_id;
    u64 place = entry.place;
    if (fate.excluded) {
      // The ledger must not keep the id that was taken down.
      hidden_id = hash_of_id(id).hex();
      row.id = hidden_id;
      place = hash64(hidden_id, shuffle_seed_);
    } else {
      // Its own key when it is alone: a later document that joins it leaves this row as it is.
      row.cluster = fate.membership != nullptr ? DocKey{fate.membership->root} : entry.key;
      row.group = fate.lineage != nullptr ? DocKey{fate.lineage->root} : entry.key;
    }
    const Schema& schema = ledger_schema(decided_.lineage != nullptr);
    const auto add = [&](u64 number) {
      values_ = ledger_values(row, schema, held_);
      small_row(numbers_.ledger(epoch), place, row.id, entry.key, number, schema);
    };
    if (fate.kept()) {
      row.fate = "kept";
      row.step = "publish";
      add(0);
    }
    list_lines(fate, lines_);
    const bool contaminated = std::any_of(lines_.begin(), lines_.end(), is_contaminated);
    if (contaminated) ++tally_["contaminated"];
    for (std::size_t n = 0; n < lines_.size(); ++n) {
      const LedgerLine& line = lines_[n];
      const bool cuts = line.match != nullptr && line.match->fate == Match::Fate::changes;
      row.fate = n == 0 && !fate.kept() ? "dropped" : cuts ? "changed" : "evidence";
      row.step = decided_.pipeline.steps[line.step].label;
      describe(line, entry.key, row);
      add(fate.kept() ? n + 1 : n);
    }
  }

  static bool is_contaminated(const LedgerLine& line) {
    return (line.match != nullptr ? line.match->reason : line.hit->reason) == "contaminated";
  }

  void describe(const LedgerLine& line, DocKey key, LedgerRow& row) {
    row.witness.reset();
    row.witness_key.reset();
    row.detector = {};
    row.score_den = 0;
    if (line.match != nullptr) {
      row.reason = line.match->reason;
      row.witness = line.match->witness;
      row.detector = line.match->detector;
      row.span_begin = line.match->begin;
      row.span_end = line.match->end;
      row.score_num = line.match->score_num;
      row.score_den = line.match->score_den;
      return;
    }
    row.reason = line.hit->reason;
    if (!line.hit->has_witness()) return;
    row.witness = witness_id(key);
    row.witness_key = line.hit->verdict->witness;
    row.score_num = line.hit->verdict->score_num;
    row.score_den = line.hit->verdict->score_den;
  }

  std::string_view witness_id(DocKey key) {
    while (witness_ != nullptr && read_sortable(witness_->key) < key.value) {
      witness_ = next_witness_.next();
    }
    if (witness_ == nullptr || read_sortable(witness_->key) != key.value) {
      throw InternalError("no witness id for document " + key.text());
    }
    return witness_->payload;
  }

  void small_row(u32 table, u64 place, std::string_view id, DocKey key, u64 number,
                 const Schema& schema) {
    payload_.clear();
    WireWriter out(payload_);
    out.number(table);
    const std::size_t said =
        payload_.size();  // a new epoch or split moves tables, not what rows say
    out.number(place);
    out.text(id);
    out.number(key.value);
    out.number(number);
    u64 bytes = 0;
    NumberBytes number_bytes;
    for (std::size_t c = 0; c < values_.size(); ++c) {
      out.number(values_[c].has_value() ? 1 : 0);
      out.text(values_[c].value_or(""));
      if (!values_[c]) continue;
      bytes += value_bytes(schema[c].type, *values_[c], number_bytes).size();
    }
    small_rows_.push("", payload_);
    heads_.push({table, 0, place, bytes, hash64(std::string_view(payload_).substr(said))});
  }

  const Decided& decided_;
  TokenCopies copies_;
  TableNumbers numbers_;
  Records<RowHead>& heads_;
  Rows& small_rows_;
  Rows witness_ids_;
  Rows::Cursor next_witness_;
  const Row* witness_;
  u64 shuffle_seed_;
  Tally tally_;
  Statistics statistics_;
  u64 block_ = UINT64_MAX;
  TextColumn ids_;
  std::optional<BlockTokens> tokens_;  // empty: no step makes any
  std::vector<LedgerLine> lines_;
  std::vector<std::string> held_;
  std::vector<std::optional<std::string_view>> values_;
  std::string payload_;
};

PublishedRows::PublishedRows(Cluster& cluster, const Decided& decided)
    : cluster_(cluster),
      decided_(decided),
      weights_(cluster, decided_),
      tables_(list_tables(decided)),
      heads_(cluster, "publish.heads", cluster.budget.lease("publish.heads", 0.1)),
      small_rows_(cluster, "publish.rows", cluster.budget.lease("publish.rows", 0.1)) {
  Builder builder(cluster, decided_, weights_, heads_, small_rows_);
  Shuffle<u64> places(cluster, "publish.places", cluster.budget.lease("publish.places", 0.05));
  std::optional<Shuffle<u64>> excluded;  // the same of what is taken down
  if (decided.pipeline.excluded) {
    excluded.emplace(cluster, "publish.excluded", cluster.budget.lease("publish.excluded", 0.01));
  }
  for_each_fate(decided.pipeline, decided.documents, decided.resolution, decided.groups,
                decided.lineage,
                [&](const Documents::Block& block, std::size_t row, const Fate& fate) {
                  builder.document(block, row, fate);
                  const u64 place = block.entries[row].place;
                  places.put(owner_of(place, cluster.size()), place);
                  if (fate.excluded) excluded->put(owner_of(place, cluster.size()), place);
                });
  builder.tally()["duplicate_ids"] += count_repeats(places.finish());
  if (excluded) {
    Records<u64> found = excluded->finish();
    const u64 documents = found.size();
    builder.tally()["exclude\nfound"] += documents - count_repeats(std::move(found));
  }
  builder.clusters();
  builder.made_tables();
  builder.tally().add_up(cluster.control);
  counts_ = builder.tally().counts(decided_.pipeline);
  if (excluded) counts_.exclude["listed"] = decided.pipeline.excluded->size();
  if (!counts_.mixture.empty() && builder.tally()["above_zero"] == 0) {
    fail_together(nothing_weighted(decided.job.write_tokens));
  }
  counts_.statistics = std::move(builder.statistics());
  merge_statistics(cluster, decided.documents, counts_.statistics);
  if (decided.lineage != nullptr) {
    counts_.lineage = {{"groups", decided.lineage->groups},
                       {"documents", decided.lineage->documents},
                       {"largest_kept", decided.lineage->largest_kept}};
  }
  counts_.contamination = contamination_reports(cluster, decided);
  counts_.recalls = search_recalls(cluster, decided);
}

}  // namespace shardmill
