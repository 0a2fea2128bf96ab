#include "jobs/command/verify_token_shards.hpp"

#include <algorithm>
#include <set>

#include "jobs/command/verify_order.hpp"
#include "jobs/spec/token_rules.hpp"
#include "operators/tokenize/tokenize_step.hpp"
#include "operators/write/sample_shard_reader.hpp"
#include "operators/write/token_shard_reader.hpp"
#include "operators/write/token_shard_writer.hpp"

namespace shardmill {
namespace {

u64 count_of(const std::map<std::string, u64>& counts, const std::string& name) {
  const auto found = counts.find(name);
  return found == counts.end() ? 0 : found->second;
}

// What the shard states is what the manifest has of it. Reader: of either layout.
template <class Reader>
void expect_of_record(const Reader& reader, const ShardRecord& shard, VerifyFindings& findings) {
  findings.expect(shard.path, "n_documents", reader.n_documents(), shard.documents);
  findings.expect(shard.path, "split", reader.split(), shard.split);
  findings.expect(shard.path, "folder", ShardName::parse(shard.path).folder,
                  "tokens/" + shard.split + "/");
  findings.expect(shard.path, "logical_digest", reader.logical_digest(), shard.logical_digest);
}

}  // namespace

TokenShardCheck::TokenShardCheck(const Dataset& dataset, const Job& job, const Pipeline& pipeline,
                                 const Placement& placement, const Tokenizer* tokenizer,
                                 VerifyFindings& findings)
    : dataset_(dataset),
      job_(job),
      step_(pipeline.find("tokenize")),
      placement_(placement),
      findings_(findings) {
  if (step_ == nullptr) return;
  allow_special_ = step_->settings->boolean("allow_special");
  if (tokenizer == nullptr) return;
  const auto end = end_token(*tokenizer, tokenize_settings(*step_->settings));
  if (end) format_ = TokenFormat{"", tokenizer->vocabulary_size(), *end};
}

void TokenShardCheck::shard(const ShardRecord& shard) {
  try {
    if (step_ == nullptr) findings_.problem(shard.path, "no step of the job makes tokens");
    const bool of_samples = SampleShardReader::reads(dataset_.folder(), shard.path);
    files(shard, of_samples);
    documents(shard);
    tokens_[shard.split] += of_samples ? samples(shard) : corpus(shard);
    documents_[shard.split] += shard.documents;
  } catch (const DataError& error) {  // one shard that cannot be read hides no other
    findings_.problem(shard.path, error.what());
    whole_ = false;
  }
}

void TokenShardCheck::files(const ShardRecord& shard, bool samples) {
  std::set<std::string> expected = {token_documents_path(shard.path)};
  if (!samples) {
    expected.insert(with_ending(shard.path, ".bin"));
    expected.insert(with_ending(shard.path, ".idx"));
  }
  for (const ShardFile& file : shard.files) {
    if (expected.erase(file.path) == 0) findings_.problem(file.path, "is no file of " + shard.path);
  }
  for (const std::string& path : expected) {
    findings_.problem(path, "the manifest does not have this file of " + shard.path);
  }
}

void TokenShardCheck::documents(const ShardRecord& shard) {
  const std::string path = token_documents_path(shard.path);
  const TextShardReader reader(dataset_.folder() / path);
  findings_.expect(path, "format", reader.format(), std::string(kTokenDocumentsFormat));
  findings_.expect(path, "split", reader.split(), shard.split);
}

void TokenShardCheck::format(const ShardRecord& shard, const TokenFormat& found) {
  if (!format_) format_ = found;
  findings_.expect(shard.path, "vocabulary_size", found.vocabulary_size, format_->vocabulary_size);
  findings_.expect(shard.path, "eos_id", u64{found.end}, u64{format_->end});
  if (step_ == nullptr) return;
  findings_.expect(shard.path, "tokenizer", found.tokenizer,
                   token_format_name(tokenize_settings(*step_->settings)));
  const auto layout = [](const std::optional<SampleFormat>& samples) {
    if (!samples) return std::string("corpus");
    return "sample of " + std::to_string(samples->length) + " positions, packing " +
           std::string(kPackings[static_cast<std::size_t>(samples->packing)]) +
           (samples->spans ? " with attention_spans" : "");
  };
  findings_.expect(shard.path, "layout", layout(found.samples), layout(job_.samples));
}

u64 TokenShardCheck::samples(const ShardRecord& shard) {
  const SampleShardReader reader(dataset_.folder(), shard.path);
  expect_of_record(reader, shard, findings_);
  format(shard, reader.format());
  reader.verify(!allow_special_);
  OrderCheck order(shard.path, placement_, findings_);
  reader.for_each([&](const PieceRow& piece) {
    const DocKey key = needed_key(piece.key, shard.path, piece.number);
    if (reader.format().samples->packing == Packing::best_fit) {
      (void)order.somewhere(piece.number, piece.id, piece.copy);
    } else {
      order.row(piece.number, piece.id, key, piece.copy);
    }
    return true;
  });
  return reader.n_tokens();
}

u64 TokenShardCheck::corpus(const ShardRecord& shard) {
  const TokenShardReader reader(dataset_.folder(), shard.path);
  expect_of_record(reader, shard, findings_);
  format(shard, reader.format());
  reader.verify();
  OrderCheck order(shard.path, placement_, findings_);
  reader.for_each(0, reader.n_documents(), [&](const TokenDocument& document) {
    order.row(document.number, document.id, needed_key(document.key, shard.path, document.number),
              document.copy);
    const auto ends = std::count(document.ids.begin(), document.ids.end(), reader.format().end);
    if (!allow_special_ && ends != 1) {
      findings_.problem(shard.path, document.number,
                        "has the end token " + std::to_string(ends) + " times, expected once");
    }
    return true;
  });
  return reader.n_tokens();
}

u64 TokenShardCheck::documents_expected(const std::string& split) const {
  u64 expected = step_ == nullptr ? 0 : count_of(dataset_.manifest().splits, split);
  if (split != weighted_split(job_)) return expected;
  for (const auto& [value, found] : dataset_.manifest().mixture) {
    expected += count_of(found, "published_documents") - count_of(found, "documents");
  }
  return expected;
}

void TokenShardCheck::sums() {
  if (!whole_) return;
  const Manifest& manifest = dataset_.manifest();
  u64 of_sources = 0;
  for (const auto& [source, sums] : manifest.source_tokens) of_sources += count_of(sums, "tokens");
  u64 of_splits = 0;
  for (const auto& [split, n] : tokens_) of_splits += n;
  // Sources count a document once; a version that does not has none.
  if (!manifest.source_tokens.empty() && manifest.mixture.empty()) {
    findings_.expect("manifest.json", "tokens of all sources", of_sources, of_splits);
  }
  std::set<std::string> splits;
  for (const auto& [split, n] : tokens_) splits.insert(split);
  for (const auto& [split, n] : manifest.splits) splits.insert(split);
  for (const std::string& split : splits) {
    findings_.expect("tokens/" + split, "number of tokens", count_of(tokens_, split),
                     count_of(manifest.tokens, split));
    findings_.expect("tokens/" + split, "number of documents", count_of(documents_, split),
                     documents_expected(split));
  }
  for (const auto& [split, n] : manifest.tokens) {
    if (!splits.contains(split)) findings_.expect("manifest.json", "tokens of " + split, n, u64{0});
  }
}

}  // namespace shardmill
