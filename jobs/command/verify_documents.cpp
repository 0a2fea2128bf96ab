#include "jobs/command/verify_documents.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>

#include "jobs/command/verify_counts.hpp"
#include "jobs/command/verify_ledger.hpp"
#include "jobs/command/verify_splits.hpp"
#include "jobs/command/verify_token_documents.hpp"

namespace shardmill {
namespace {

class DocumentCheck {
 public:
  DocumentCheck(const Dataset& dataset, const Job& job, Tokenizer* tokenizer,
                VerifyFindings& findings)
      : dataset_(dataset),
        job_(job),
        manifest_(dataset.manifest()),
        placement_(job),
        findings_(findings),
        ledger_(dataset, job, placement_, findings) {
    const bool makes_tokens =
        std::any_of(job.steps.begin(), job.steps.end(),
                    [](const StepSpec& step) { return step.op == "tokenize"; });
    if (makes_tokens) tokens_.emplace(dataset, job, ledger_, tokenizer, findings);
  }

  void run() {
    conservation();
    witnesses();
    clusters();
    groups();
    verify_splits(dataset_, job_, ledger_, findings_);
    const u64 before = findings_.count();
    texts();
    if (!tokens_) return;
    if (findings_.count() > before) {
      return findings_.checked("not checked, since texts are damaged: whose tokens are there");
    }
    tokens_->run();
  }

 private:
  void problem(const LedgerPlace& place, const std::string& what) {
    findings_.problem(ledger_.path(place), place.row, what);
  }

  void conservation() {
    const std::vector<Owned>& owned = ledger_.owned;
    for (std::size_t i = 1; i < owned.size(); ++i) {
      if (owned[i].key != owned[i - 1].key) continue;
      problem(owned[i].place, "document " + owned[i].key.text() +
                                  " has two kept or dropped rows; the other is " +
                                  ledger_.path(owned[i - 1].place) + ": row " +
                                  std::to_string(owned[i - 1].place.row));
    }
    findings_.expect("manifest.json", "documents_in", manifest_.documents_in, u64{owned.size()});
    findings_.expect("manifest.json", "documents_kept", manifest_.documents_kept, ledger_.kept);
    expect_counts("dropped by", flat(manifest_.dropped), flat(ledger_.dropped), findings_);
    findings_.expect("manifest.json", "duplicate_ids", manifest_.duplicate_ids, duplicate_ids());
    findings_.checked(std::to_string(owned.size()) +
                      " documents: each kept or dropped once, sums as in the manifest");
  }

  // Ids that were taken down stand as their hash, which could be the id of another document.
  [[nodiscard]] u64 duplicate_ids() const {
    std::vector<std::tuple<bool, Hash128>> ids;
    ids.reserve(ledger_.owned.size());
    for (const Owned& row : ledger_.owned) ids.emplace_back(row.step == kExcluded, row.id);
    std::sort(ids.begin(), ids.end());
    return ids.size() - static_cast<u64>(std::unique(ids.begin(), ids.end()) - ids.begin());
  }

  void witnesses() {
    for (const Testimony& t : ledger_.testimonies) {
      const Owned* witness = ledger_.find(t.witness);
      if (witness == nullptr) {
        problem(t.place, "its witness " + t.witness.text() + " is no document of this dataset");
      } else if (witness->id != t.witness_id) {
        problem(t.place, "its witness " + t.witness.text() + " has another id, see " +
                             ledger_.path(witness->place) + ": row " +
                             std::to_string(witness->place.row));
      } else if (witness->step < t.step || (witness->step == t.step && !t.may_go)) {
        problem(t.place, "its witness " + t.witness.text() +
                             " was dropped itself by this step or an earlier one, see " +
                             ledger_.path(witness->place) + ": row " +
                             std::to_string(witness->place.row));
      } else if (!t.group || witness->group != t.group) {
        problem(t.place, "its witness " + t.witness.text() +
                             " does not belong to the same group or cluster, see " +
                             ledger_.path(witness->place) + ": row " +
                             std::to_string(witness->place.row));
      }
    }
    findings_.checked(
        std::to_string(ledger_.testimonies.size()) +
        " witnesses: each kept by the step that names it, scores within the settings" +
        (ledger_.foreign_witnesses == 0
             ? ""
             : "; not checked: " + std::to_string(ledger_.foreign_witnesses) +
                   " witnesses of other datasets"));
  }

  void clusters() {
    for (const auto& [root, cluster] : ledger_.clusters) {
      const auto wrong = [&](const std::string& what) {
        findings_.problem(cluster.path, cluster.row, "cluster " + root.text() + ": " + what);
      };
      const auto expect = [&](const char* name, i64 stated, i64 found) {
        if (stated == found) return;
        wrong(std::string(name) + " is " + std::to_string(stated) + ", expected " +
              std::to_string(found) + " by the ledger");
      };
      expect("size", cluster.size, cluster.members_found);
      expect("kept", cluster.kept, cluster.kept_found);
      if (cluster.size < 2)
        wrong("size is " + std::to_string(cluster.size) + ", expected 2 or more");
      const nlohmann::json sources = cluster.sources_found;
      if (nlohmann::json::parse(cluster.sources, nullptr, false) != sources) {
        wrong("sources is " + cluster.sources + ", expected " +
              sources.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
      }
      const Owned* first = ledger_.find(root);
      if (first == nullptr || first->id != hash128(cluster.id)) {
        wrong("id is " + cluster.id + ", expected that of document " + root.text());
      }
    }
    findings_.checked(std::to_string(ledger_.clusters.size()) +
                      " clusters: members, kept ones and sources as in the ledger");
  }

  void groups() {
    if (placement_.lineage().empty()) return;
    std::map<std::string, u64> found = {{"groups", 0}, {"documents", 0}, {"largest_kept", 0}};
    for (const auto& [root, group] : ledger_.groups) {
      if (group.documents < 2) continue;
      ++found["groups"];
      found["documents"] += group.documents;
      found["largest_kept"] = std::max(found["largest_kept"], group.kept);
    }
    expect_counts("lineage", manifest_.lineage, found, findings_);
    findings_.checked(std::to_string(found["groups"]) +
                      " groups by lineage: every cluster and every witness in one of them");
  }

  void texts() {
    std::map<std::string, u64> splits;
    u64 documents = 0;
    for (const ShardRecord* shard : dataset_.shards("text/")) {
      const TextShardReader reader = dataset_.open(*shard);
      const u32 epoch = ShardName::parse(shard->path).epoch;
      const std::size_t id = reader.column("id");
      const std::size_t source = reader.column("source");
      const std::size_t text = reader.column("text");
      splits[reader.split()] += reader.n_documents();
      documents += reader.n_documents();
      for_each_row(reader, [&](const ShardRows& rows, u64 row) {
        const std::string_view id_text = rows.value(id, row).value_or("");
        const std::string_view source_name = rows.value(source, row).value_or("");
        const auto found =
            ledger_.texts.find(text_place(reader.split(), text_of(epoch, id_text, source_name)));
        if (found == ledger_.texts.end() || found->second.texts == found->second.documents) {
          return findings_.problem(shard->path, rows.first() + row,
                                   "the ledger keeps no document " + std::string(id_text) +
                                       " in this split and epoch, or not as often");
        }
        ++found->second.texts;
        if (!tokens_) return;
        tokens_->text(reader.split(), id_text, source_name, rows.value(text, row).value_or(""),
                      found->second);
      });
    }
    missing_texts();
    expect_counts("documents in split", manifest_.splits, splits, findings_);
    findings_.checked(std::to_string(documents) +
                      " texts: exactly the kept documents, each in its split");
  }

  void missing_texts() {
    std::vector<LedgerPlace> missing;
    for (const auto& [hash, text] : ledger_.texts) {
      if (text.texts < text.documents) missing.push_back(text.place);
    }
    std::sort(missing.begin(), missing.end(), [](const LedgerPlace& a, const LedgerPlace& b) {
      return std::tie(a.shard, a.row) < std::tie(b.shard, b.row);
    });
    for (const LedgerPlace& place : missing) {
      problem(place, "this document is kept, but its text is not where it belongs");
    }
  }

  const Dataset& dataset_;
  const Job& job_;
  const Manifest& manifest_;
  Placement placement_;
  VerifyFindings& findings_;
  LedgerContents ledger_;
  std::optional<TokenDocumentCheck> tokens_;  // of a job that makes tokens
};

}  // namespace

void verify_documents(const Dataset& dataset, const Job& job, Tokenizer* tokenizer,
                      VerifyFindings& findings) {
  DocumentCheck(dataset, job, tokenizer, findings).run();
}

}  // namespace shardmill
