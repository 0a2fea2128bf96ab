#include "jobs/command/verify_token_documents.hpp"

#include <algorithm>
#include <tuple>

#include "engine/hash/hash.hpp"
#include "jobs/command/verify_order.hpp"
#include "jobs/run/token_weights.hpp"
#include "jobs/spec/token_rules.hpp"
#include "operators/tokenize/tokenize_step.hpp"
#include "operators/write/sample_shard_reader.hpp"
#include "operators/write/token_shard_reader.hpp"

namespace shardmill {
namespace {

constexpr u32 kAnyCopies = UINT32_MAX;
constexpr u64 kCopy = u64{1} << 63;  // no key has this bit

// Which ids stand where, from position `first` of a document on; what parts of it sum up to.
u64 sum_of(std::span<const u32> ids, u64 first) {
  u64 sum = 0;
  for (const u32 id : ids) sum += mix64(mix64(first++) ^ id);
  return sum;
}

}  // namespace

struct TokenDocumentCheck::Row {
  u64 number = 0;
  u64 copy = 0;
  std::string_view id;
  std::string_view key;
  std::string_view source;
  u64 first = 0;             // which token of the document the first of `ids` is
  std::span<const u32> ids;  // that which ends it included
};

TokenDocumentCheck::TokenDocumentCheck(const Dataset& dataset, const Job& job,
                                       LedgerContents& ledger, Tokenizer* tokenizer,
                                       VerifyFindings& findings)
    : dataset_(dataset),
      ledger_(ledger),
      tokenizer_(tokenizer),
      findings_(findings),
      seed_(seed_for("weights", job.seed)) {
  const auto step = std::find_if(job.steps.begin(), job.steps.end(),
                                 [](const StepSpec& spec) { return spec.op == "tokenize"; });
  const auto end = tokenizer == nullptr ? std::nullopt
                                        : end_token(*tokenizer, tokenize_settings(step->settings));
  if (!end) tokenizer_ = nullptr;
  end_ = end.value_or(0);
  const Settings& settings = job.write_tokens;
  if (!weighs_tokens(settings)) return;
  weighted_ = weighted_split(job);
  by_source_ = settings.text("weights_by") == "source";
  by_clusters_ = !settings.decimal_map("cluster_epochs").empty();
  for (const auto& [value, share] : settings.decimal_map("shares")) weights_[value] = 0;
  by_shares_ = !weights_.empty();
  for (const auto& [value, epochs] : settings.decimal_map("epochs")) {
    weights_[value] = weight_of_epochs(epochs);
  }
}

std::string TokenDocumentCheck::mixed_as(const std::string& source) const {
  if (!by_source_) return "of all values";
  return weights_.contains(source) ? source : "other";
}

void TokenDocumentCheck::text(const std::string& split, std::string_view id,
                              std::string_view source, std::string_view text,
                              ExpectedText& expected) {
  const std::string name(source);
  of_texts_[name]["text_bytes"] += text.size();
  ids_.clear();
  if (tokenizer_ != nullptr) {
    tokenizer_->encode(text, ids_);
    ids_.push_back(end_);
    expected.expected += sum_of(ids_, 0);
    of_texts_[name]["tokens"] += ids_.size();
  }
  expected.copies = 1;
  if (split != weighted_) return;
  Counts& mixed = mixture_[mixed_as(name)];
  ++mixed["documents"];
  mixed["tokens"] += ids_.size();
  const auto weight = weights_.find(name);
  if (!by_source_ || by_shares_ || by_clusters_) {
    expected.copies = kAnyCopies;
  } else if (weight != weights_.end()) {
    expected.copies = copies_drawn(weight->second, id, seed_);
  }
}

void TokenDocumentCheck::for_each(const ShardRecord& shard,
                                  const std::function<void(const Row&)>& f) const {
  if (SampleShardReader::reads(dataset_.folder(), shard.path)) {
    const SampleShardReader reader(dataset_.folder(), shard.path);
    reader.for_each_tokens([&](const PieceRow& piece, u64 first, std::span<const u32> ids) {
      f({piece.number, piece.copy, piece.id, piece.key, piece.source, first, ids});
    });
  } else {
    const TokenShardReader reader(dataset_.folder(), shard.path);
    reader.for_each(0, reader.n_documents(), [&](const TokenDocument& document) {
      f({document.number, document.copy, document.id, document.key, document.source, 0,
         document.ids});
      return true;
    });
  }
}

void TokenDocumentCheck::take(const ShardRecord& shard, const Row& row) {
  const u32 epoch = ShardName::parse(shard.path).epoch;
  const auto text = ledger_.texts.find(text_place(shard.split, text_of(epoch, row.id, row.source)));
  if (text == ledger_.texts.end()) {
    return findings_.problem(shard.path, row.number,
                             "the ledger keeps no document " + std::string(row.id) + " of " +
                                 std::string(row.source) + " in this split and epoch");
  }
  const DocKey key = needed_key(row.key, shard.path, row.number);
  const Owned* document = ledger_.find(key);
  if (document == nullptr || document->step != kKept || document->id != hash128(row.id)) {
    findings_.problem(
        shard.path, row.number,
        "key is " + key.text() + ", which is not that of a kept document " + std::string(row.id));
  }
  ExpectedText& expected = text->second;
  if (tokenizer_ != nullptr) expected.found += sum_of(row.ids, row.first);
  if (row.copy == 0) of_shards_[std::string(row.source)]["tokens"] += row.ids.size();
  const bool mixed = shard.split == weighted_;
  if (mixed) {
    mixture_[mixed_as(std::string(row.source))]["published_tokens"] += row.ids.size();
  }
  if (row.first > 0) return;  // another piece
  ++documents_;
  ++expected.rows;
  expected.found += mix64(key.value) + mix64(kCopy + row.copy);
  if (mixed) ++mixture_[mixed_as(std::string(row.source))]["published_documents"];
}

void TokenDocumentCheck::run() {
  const auto shards = dataset_.shards("tokens/");
  const u64 before = findings_.count();
  for (const ShardRecord* shard : shards) {
    for_each(*shard, [&](const Row& row) { take(*shard, row); });
  }
  if (findings_.count() > before) return;  // what follows builds on these
  compare();
  if (findings_.count() > before) return;
  sums();
}

// Copies of documents of one id and source need not be equally many.
bool TokenDocumentCheck::unclear(const ExpectedText& text) const {
  return text.copies == kAnyCopies && text.documents > 1 && (!by_source_ || by_clusters_);
}

bool TokenDocumentCheck::as_expected(const ExpectedText& text) const {
  if (unclear(text)) return true;
  const u64 copies = text.copies == kAnyCopies ? text.rows / text.documents : text.copies;
  if (text.rows != copies * text.documents) return false;
  u64 sum = copies * text.expected;
  for (u64 copy = 0; copy < copies; ++copy) sum += text.documents * mix64(kCopy + copy);
  return text.found == sum;
}

void TokenDocumentCheck::compare() {
  std::vector<LedgerPlace> missing;
  u64 not_checked = 0;
  bool wrong = false;
  for (const auto& [hash, text] : ledger_.texts) {
    if (unclear(text)) not_checked += text.documents;
    if (as_expected(text)) continue;
    if (text.rows == 0) missing.push_back(text.place);
    wrong |= text.rows > 0;
  }
  std::sort(missing.begin(), missing.end(), [](const LedgerPlace& a, const LedgerPlace& b) {
    return std::tie(a.shard, a.row) < std::tie(b.shard, b.row);
  });
  for (const LedgerPlace& place : missing) {
    findings_.problem(ledger_.path(place), place.row,
                      "this document is kept, but token_documents/ does not have it");
  }
  if (wrong) name_rows();
  findings_.checked(
      std::to_string(documents_) + " documents of token shards: the kept ones, each in its split" +
      (tokenizer_ == nullptr ? "" : ", with the tokens of its text") +
      (not_checked == 0 ? ""
                        : "; not checked: " + std::to_string(not_checked) +
                              " documents, whose id others have too, and their copies"));
}

// What is wrong is known by id and source only: rows are looked for once more.
void TokenDocumentCheck::name_rows() {
  for (const ShardRecord* shard : dataset_.shards("tokens/")) {
    const u32 epoch = ShardName::parse(shard->path).epoch;
    for_each(*shard, [&](const Row& row) {
      if (row.first > 0) return;
      const ExpectedText& text =
          ledger_.texts.at(text_place(shard->split, text_of(epoch, row.id, row.source)));
      if (as_expected(text)) return;
      const u64 copies = text.copies == kAnyCopies ? text.rows / text.documents : text.copies;
      const u64 rows = copies * text.documents;
      const std::string who = "document " + std::string(row.id) + " of " + std::string(row.source);
      findings_.problem(
          shard->path, row.number,
          text.rows == rows
              ? who + ": its key, copy or tokens are not those of its ledger row and text"
              : who + " is " + std::to_string(text.rows) + " times in token shards of " +
                    shard->split + ", expected " + std::to_string(rows));
    });
  }
}

void TokenDocumentCheck::sums() {
  const Manifest& manifest = dataset_.manifest();
  const auto compare = [&](const char* what, GroupedCounts stated, GroupedCounts found,
                           bool with_tokens) {
    for (GroupedCounts* counts : {&stated, &found}) {
      for (auto& [name, counters] : *counts) {
        if (!with_tokens) counters.erase("tokens");
      }
    }
    expect_counts(what, flat(stated), flat(found), findings_);
  };
  // Without a tokenizer tokens are those of the shards, where no document weighs nothing.
  if (tokenizer_ == nullptr && weighted_.empty()) {
    for (auto& [source, sums] : of_texts_) sums["tokens"] = of_shards_[source]["tokens"];
  }
  // A version that does not count them has none.
  if (!manifest.source_tokens.empty()) {
    compare("source_tokens", manifest.source_tokens, of_texts_,
            tokenizer_ != nullptr || weighted_.empty());
  }
  GroupedCounts stated = manifest.mixture;
  if (!weighted_.empty() && !by_source_) {  // values of a column are not known
    stated.clear();
    for (const auto& [value, counts] : manifest.mixture) {
      for (const auto& [name, n] : counts) stated[mixed_as("")][name] += n;
    }
  }
  compare("mixture", std::move(stated), mixture_, tokenizer_ != nullptr);
}

}  // namespace shardmill
