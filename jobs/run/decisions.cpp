#include "jobs/run/decisions.hpp"

#include "engine/batch/wire.hpp"
#include "engine/exchange/shuffle.hpp"

namespace shardmill {

Decisions::Walk::Walk(const Decisions& decisions) {
  for (const Records<Verdict>& step : decisions.steps_) {
    cursors_.push_back(step.cursor());
    heads_.push_back(cursors_.back().next());
  }
}

const Verdict* Decisions::Walk::at(DocKey key) {
  const Verdict* found = nullptr;
  for (std::size_t i = 0; i < cursors_.size(); ++i) {
    while (heads_[i] != nullptr && heads_[i]->key < key) heads_[i] = cursors_[i].next();
    if (heads_[i] != nullptr && heads_[i]->key == key) found = heads_[i];
  }
  return found;
}

void AliveSketches::for_each_block(
    const std::function<void(const Documents::Block&, const std::vector<bool>&)>& f) {
  Decisions::Walk dropped = earlier_.walk();
  std::vector<bool> seen;
  documents_.for_each_block_of_step(step_, [&](const Documents::Block& block) {
    seen.assign(block.entries.size(), false);
    for (std::size_t row = 0; row < seen.size(); ++row) {
      const DocEntry& entry = block.entries[row];
      if (block.hidden(row) || (!all_ && entry.first_drop < step_)) continue;
      seen[row] = dropped.at(entry.key) == nullptr;
    }
    f(block, seen);
  });
}

void AliveSketches::for_each_key(const std::function<void(DocKey)>& f) {
  for_each_block([&](const Documents::Block& block, const std::vector<bool>& seen) {
    for (std::size_t row = 0; row < seen.size(); ++row) {
      if (seen[row]) f(block.entries[row].key);
    }
  });
}

void AliveSketches::for_each(const Records<u64>* wanted,
                             const std::function<void(DocKey, std::string_view)>& f) {
  std::optional<Ascending<u64>> next_wanted;
  if (wanted != nullptr) next_wanted.emplace(*wanted);
  std::string sketches;
  for_each_block([&](const Documents::Block& block, const std::vector<bool>& seen) {
    if (block.entries.empty()) return;
    if (next_wanted && !next_wanted->any_until(block.entries.back().key.value)) return;
    block.sketches.of(step_).sketches(block.number, sketches);
    const bool differ = sketch_bytes_ == GlobalOperator::kSketchesDiffer;
    if (!differ && sketches.size() != block.entries.size() * sketch_bytes_) {
      throw InternalError("sketches of a block do not fit its documents");
    }
    WireReader next(sketches, "sketches of a block");
    for (std::size_t row = 0; row < block.entries.size(); ++row) {
      const DocKey key = block.entries[row].key;
      const std::string_view sketch =
          differ ? next.text()
                 : std::string_view(sketches).substr(row * sketch_bytes_, sketch_bytes_);
      if (seen[row] && (!next_wanted || next_wanted->has(key.value))) f(key, sketch);
    }
  });
}

void AliveSketches::for_each_text(Records<Wanted>& wanted,
                                  const std::function<void(const Wanted&, std::string_view)>& f) {
  auto cursor = wanted.cursor();
  const Wanted* at = cursor.next();
  BlockTexts texts;
  documents_.for_each_block_of_step(step_, [&](const Documents::Block& block) {
    if (at == nullptr || block.entries.empty() || block.entries.back().key < at->key) return;
    block.fragment.texts_at(block.number, step_, texts);
    for (std::size_t row = 0; row < block.entries.size(); ++row) {
      for (; at != nullptr && at->key == block.entries[row].key; at = cursor.next()) {
        f(*at, texts[row]);
      }
    }
  });
  if (at != nullptr) throw InternalError("a wanted document is not at home: " + at->key.text());
}

std::string AliveSketches::id_of(DocKey key) const {
  std::string id;
  TextColumn ids;
  documents_.for_each_block_of_step(step_, [&](const Documents::Block& block) {
    const bool outside =
        block.entries.empty() || block.entries.back().key < key || key < block.entries.front().key;
    if (outside) return;
    block.fragment.ids(block.number, ids);
    for (std::size_t row = 0; row < block.entries.size(); ++row) {
      if (block.entries[row].key == key) id = ids[row];
    }
  });
  return id;
}

Records<Verdict> bring_home(Cluster& cluster, const Documents& documents, const std::string& name,
                            const Records<Verdict>& drops) {
  Shuffle<Verdict> homeward(cluster, name + ".home", cluster.budget.lease(name + ".home", 0.05));
  drops.for_each(
      [&](const Verdict& verdict) { homeward.put(documents.home(verdict.key), verdict); });
  Records<Verdict> arrived = homeward.finish();
  arrived.sort();
  return arrived;
}

}  // namespace shardmill
